import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import {
  describeRules,
  NO_RULES,
  readRulesFile,
  type RulesSource,
} from "../lib/client/videos/rules_choice.ts";
import type { VideoSignals } from "../lib/client/videos/video_signals.ts";
import { Icon } from "./Icon.tsx";

const NOTE_ID = "rules-note";

/** Takes the rules for the next video: a file, or the name of a set where the server has some. */
export function ChooseRules({ videos, hasSets }: {
  videos: VideoSignals;
  hasSets: boolean;
}): JSX.Element {
  const { rules } = videos;
  const { source, text, problem } = rules.value;
  return (
    <>
      <label class="select wide">
        <span class="hidden">Rules</span>
        <select
          value={source}
          onChange={({ currentTarget: { value } }) =>
            rules.value = { ...NO_RULES, source: value as RulesSource }}
        >
          <option value="none">Without rules</option>
          <option value="file">Rules from a file</option>
          {hasSets && <option value="set">A set of rules of the server</option>}
        </select>
      </label>
      {source === "file" && <RulesFile videos={videos} />}
      {source === "set" && (
        <input
          class="wide"
          type="text"
          aria-label="Name of the set"
          placeholder="Name of the set"
          autocapitalize="none"
          autocomplete="off"
          spellcheck={false}
          aria-describedby={NOTE_ID}
          value={text}
          onInput={({ currentTarget: { value } }) =>
            rules.value = { ...NO_RULES, source: "set", text: value.trim() }}
        />
      )}
      {source !== "none" && (
        <p id={NOTE_ID} class="rules-note wide" data-wrong={problem !== ""} role="status">
          {describeRules(rules.value)}
        </p>
      )}
    </>
  );
}

function RulesFile({ videos: { rules } }: { videos: VideoSignals }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const open = async (event: JSX.TargetedEvent<HTMLInputElement>) => {
    const file = event.currentTarget.files?.[0];
    // Emptied, so that the same file can be read again once it is mended.
    event.currentTarget.value = "";
    if (file === undefined) return;
    const choice = await readRulesFile(file);
    if (rules.value.source === "file") rules.value = choice;
  };
  const { fileName } = rules.value;
  return (
    <>
      <button
        type="button"
        class="button"
        aria-describedby={NOTE_ID}
        onClick={() => input.current?.click()}
      >
        <Icon name="open" />
        <span>{fileName === "" ? "Choose the rules" : fileName}</span>
      </button>
      <input ref={input} type="file" accept=".json,application/json" hidden onChange={open} />
    </>
  );
}
