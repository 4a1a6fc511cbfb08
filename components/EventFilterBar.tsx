import type { JSX } from "preact";
import { eventLibrary } from "../lib/client/events/event_library.ts";
import type { EventSignals } from "../lib/client/events/event_signals.ts";
import { NotifySwitch } from "./NotifySwitch.tsx";

const PERIODS: readonly [hours: number, name: string][] = [
  [0, "Any time"],
  [1, "The last hour"],
  [24, "The last day"],
  [168, "The last week"],
];

/** How people choose which events are shown. */
export function EventFilterBar({ signals }: { signals: EventSignals }): JSX.Element {
  const { filters, cameras } = signals;
  const { camera, rule, label, hours } = filters.value;
  const library = () => eventLibrary(signals);
  return (
    <div class="event-filters" role="group" aria-label="Which events are shown">
      <Choice
        name="Camera"
        value={camera}
        options={[
          ["", "All cameras"],
          ...cameras.value.map(({ id, name }): [string, string] => [id, name]),
        ]}
        onChoose={(camera) => library().filter({ camera })}
      />
      <Choice
        name="Rule"
        value={rule}
        options={[["", "All rules"], ...knownRules(signals)]}
        onChoose={(rule) => library().filter({ rule })}
      />
      <Choice
        name="Class"
        value={label}
        options={[["", "All classes"], ...knownLabels(signals)]}
        onChoose={(label) => library().filter({ label })}
      />
      <Choice
        name="Period"
        value={String(hours)}
        options={PERIODS.map(([hours, name]) => [String(hours), name])}
        onChoose={(hours) => library().filter({ hours: Number(hours) })}
      />
      <NotifySwitch signals={signals} />
    </div>
  );
}

function Choice({ name, value, options, onChoose }: {
  name: string;
  value: string;
  options: [value: string, name: string][];
  onChoose: (value: string) => void;
}): JSX.Element {
  return (
    <label class="select">
      <span class="hidden">{name}</span>
      <select value={value} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {options.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
      </select>
    </label>
  );
}

/** The rules that events on the page are of, and the one that is chosen. */
function knownRules({ events, filters }: EventSignals): [id: string, name: string][] {
  const names = new Map(
    (events.value ?? []).map(({ rule_id, rule_name }) => [rule_id, rule_name]),
  );
  const { rule } = filters.value;
  if (rule !== "" && !names.has(rule)) names.set(rule, rule);
  return [...names].sort(([, a], [, b]) => a.localeCompare(b));
}

function knownLabels({ events, filters }: EventSignals): [label: string, name: string][] {
  const labels = new Set((events.value ?? []).map(({ label }) => label ?? ""));
  labels.add(filters.value.label);
  labels.delete("");
  return [...labels].sort().map((label) => [label, label]);
}
