/** Gives files to the person. */

/**
 * Has the browser save a file where it saves downloads.
 *
 * @param name With its extension.
 */
export function saveFile(content: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  // Browsers begin to read it after the click has been handled.
  setTimeout(() => URL.revokeObjectURL(link.href), SAVED_MS);
}

const SAVED_MS = 60_000;

/**
 * A name for a file that was made at a time, such as `livesyte 2026-05-01 14.03.09 frame 42.png`.
 *
 * @param detail Put before the extension; empty for nothing.
 */
export function fileName(madeAt: Date, extension: string, detail = ""): string {
  const two = (part: number) => String(part).padStart(2, "0");
  const date = [madeAt.getFullYear(), madeAt.getMonth() + 1, madeAt.getDate()].map(two).join("-");
  // Colons are not allowed in file names everywhere.
  const time = [madeAt.getHours(), madeAt.getMinutes(), madeAt.getSeconds()].map(two).join(".");
  return `${["livesyte", date, time, detail].filter((part) => part !== "").join(" ")}.${extension}`;
}
