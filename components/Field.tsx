import type { ComponentChildren, JSX } from "preact";

/** What a control needs to belong to its {@linkcode Field}. */
export interface FieldAttributes {
  /** Of the control. */
  id: string;
  /** Whether what it holds is refused. */
  "aria-invalid": boolean;
  /** Id of what is said below it. */
  "aria-describedby": string;
}

/** A control of a form with its name above it, and what is to be known or what is wrong below. */
export function Field({ id, label, hint, error, children }: {
  id: string;
  label: string;
  hint: string;
  /** In place of the hint. */
  error: string | undefined;
  children: (attributes: FieldAttributes) => ComponentChildren;
}): JSX.Element {
  const isInvalid = error !== undefined;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-invalid": isInvalid, "aria-describedby": `${id}-note` })}
      <p id={`${id}-note`} class="field-note" data-wrong={isInvalid}>{error ?? hint}</p>
    </div>
  );
}
