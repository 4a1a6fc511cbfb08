/** Whether a text is an id that this server could have given to an event, and so is safe in the name of a file. */
export function isEventId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}
