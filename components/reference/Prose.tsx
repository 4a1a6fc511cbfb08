import { Fragment, type JSX } from "preact";

/** Text in paragraphs, with an empty line between them and code in backticks. */
export function Prose({ text }: { text: string }): JSX.Element {
  return (
    <>
      {text.split("\n\n").map((paragraph) => (
        <p key={paragraph}>
          <InlineProse text={paragraph} />
        </p>
      ))}
    </>
  );
}

/** One paragraph of it, without an element around it. */
export function InlineProse({ text }: { text: string }): JSX.Element {
  // With a group in the pattern, every second part is code.
  const parts = text.split(/`([^`]+)`/);
  return (
    <>
      {parts.map((part, index) =>
        index % 2 === 1 ? <code key={index}>{part}</code> : <Fragment key={index}>{part}</Fragment>
      )}
    </>
  );
}
