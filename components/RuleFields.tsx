import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { RULE_WORDS, type RuleErrors, type RuleForm } from "../lib/client/rules/rule_form.ts";
import type { RuleType } from "../lib/protocol/rule.ts";
import { Field } from "./Field.tsx";

/** The fields of a rule, of which only those are shown that mean something for what it notices. */
export function RuleFields({ form, errors, fill }: {
  form: Signal<RuleForm>;
  errors: Signal<RuleErrors>;
  fill: (changes: Partial<RuleForm>) => void;
}): JSX.Element {
  const { when, webhook, mqtt } = form.value;
  const text = (field: TextField, label: string, hint: string, isNumber = false) => (
    <TextFieldOf {...{ field, label, hint, isNumber, form, errors, fill }} />
  );
  return (
    <>
      <div class="field-row">
        {text("name", "Name", "Such as Front door")}
        <Field id="rule-when" label="When" hint="What is to be noticed" error={undefined}>
          {(attributes) => (
            <div class="select">
              <select
                {...attributes}
                value={when}
                onChange={({ currentTarget }) => fill({ when: currentTarget.value as RuleType })}
              >
                {Object.entries(RULE_WORDS).map(([value, words]) => (
                  <option key={value} value={value}>{words}</option>
                ))}
              </select>
            </div>
          )}
        </Field>
      </div>
      <div class="field-row">
        {when === "text"
          ? text("pattern", "Text", "A regular expression, such as ^B-; found anywhere in a line")
          : text("classes", "Classes", "Separated by commas, such as person, dog; empty for all")}
        {when === "dwell" && text("seconds", "Seconds", "How long it has to stay", true)}
        {when === "count" && text("atLeast", "At least", "How many at once", true)}
        {text("cooldown", "Then silent for", "Seconds until it may be told again", true)}
      </div>
      <div class="rule-actions" role="group" aria-label="Where events are sent to">
        {([["webhook", "Webhook", webhook], ["mqtt", "MQTT", mqtt]] as const).map((
          [field, name, isOn],
        ) => (
          <label key={field} class="switch" title="If the server is set up for it">
            {name}
            <input
              type="checkbox"
              role="switch"
              checked={isOn}
              onInput={({ currentTarget }) => fill({ [field]: currentTarget.checked })}
            />
          </label>
        ))}
      </div>
    </>
  );
}

type TextField = "name" | "classes" | "seconds" | "atLeast" | "pattern" | "cooldown";

function TextFieldOf({ field, label, hint, isNumber, form, errors, fill }: {
  field: TextField;
  label: string;
  hint: string;
  isNumber: boolean;
  form: Signal<RuleForm>;
  errors: Signal<RuleErrors>;
  fill: (changes: Partial<RuleForm>) => void;
}): JSX.Element {
  return (
    <Field id={`rule-${field}`} label={label} hint={hint} error={errors.value[field]}>
      {(attributes) => (
        <input
          {...attributes}
          type="text"
          inputMode={isNumber ? "decimal" : "text"}
          autocomplete="off"
          spellcheck={false}
          maxLength={field === "name" ? 80 : 200}
          value={form.value[field]}
          onInput={({ currentTarget }) => fill({ [field]: currentTarget.value })}
        />
      )}
    </Field>
  );
}
