import type { JSX } from "preact";

/** How far something is, as a bar and in words. */
export function ProgressBar({ label, share, figures }: {
  /** What is getting on. */
  label: string;
  /** Between 0 and 1; `null` while nobody knows. */
  share: number | null;
  /** Such as `120 of 300 frames`. */
  figures: string;
}): JSX.Element {
  return (
    <div class="progress">
      <p>
        <span>{label}</span>
        <span class="tally">{figures}</span>
      </p>
      <progress
        aria-label={label}
        max={1}
        {...(share !== null && { value: share })}
      />
    </div>
  );
}
