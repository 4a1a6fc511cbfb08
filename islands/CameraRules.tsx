import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Icon } from "../components/Icon.tsx";
import { RuleDialog } from "../components/RuleDialog.tsx";
import { type CameraSignals, findCamera } from "../lib/client/cameras/camera_signals.ts";
import { describeCounts, watchCounts } from "../lib/client/rules/rule_counts.ts";
import { describeRule } from "../lib/client/rules/rule_form.ts";
import type { Rule, RuleCounts } from "../lib/protocol/rule.ts";

/** The rules of a camera, with what they count, and how they are added and changed. */
export function CameraRules({ signals, id }: {
  signals: CameraSignals;
  id: string;
}): JSX.Element | null {
  const editing = useSignal<Rule | "new" | null>(null);
  const counts = useSignal<RuleCounts[]>([]);
  const camera = findCamera(signals, id);
  const hasRules = camera !== undefined && camera.rules.length > 0;
  useEffect(
    () => hasRules ? watchCounts(location.href, id, (all) => counts.value = all) : undefined,
    [hasRules],
  );
  const isFixed = camera === undefined || camera.read_only || !signals.canChange.value;
  return (
    <section class="panel rules" aria-labelledby="rules-heading">
      <h2 id="rules-heading">Rules</h2>
      {camera?.rules.length === 0 && (
        <p class="empty">
          None yet. A rule notices something, such as a person who stays at the door.
        </p>
      )}
      <ul>
        {camera?.rules.map((rule) => (
          <li key={rule.id} class="rule">
            <div>
              <h3>{rule.name ?? rule.id}</h3>
              <p class="empty">{describeRule(rule)}</p>
              <p class="rule-counts">
                {describeCounts(counts.value.find(({ rule_id }) => rule_id === rule.id), rule)}
              </p>
            </div>
            {!isFixed && (
              <button
                type="button"
                class="button"
                aria-label={`Edit ${rule.name ?? rule.id}`}
                title="Edit"
                onClick={() => editing.value = rule}
              >
                <Icon name="edit" />
              </button>
            )}
          </li>
        ))}
      </ul>
      <button
        type="button"
        class="button"
        disabled={isFixed}
        onClick={() => editing.value = "new"}
      >
        <Icon name="add" />
        <span>Add a rule</span>
      </button>
      {camera !== undefined && editing.value !== null && (
        <RuleDialog
          rule={editing.value === "new" ? null : editing.value}
          camera={camera}
          signals={signals}
          onClose={() => editing.value = null}
        />
      )}
    </section>
  );
}
