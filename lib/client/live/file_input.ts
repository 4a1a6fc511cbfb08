/** The one place of the live page that asks for a file. */

/** Its id in the document. */
export const FILE_INPUT = "file-to-open";

/** Asks the person for an image or a video, as the button in the bar does. */
export function askForFile(): void {
  document.getElementById(FILE_INPUT)?.click();
}
