/**
 * The topics of MQTT under which cameras and streams tell what they see.
 *
 * @module
 */

/** Says whether the server is there: `online` or, by its last will, `offline`; retained. */
export const STATUS_TOPIC = "livesyte/status";

/** What has a meaning in topics, or that a broker may end the connection for: control characters and those that are none. */
const UNSAFE = /[+#/%\p{Control}\p{Noncharacter_Code_Point}]/gu;

/** A text as one level of a topic: each unsafe character as the bytes of its UTF-8, `%` and two hexadecimal digits for each. */
function toLevel(text: string): string {
  return text.toWellFormed().replace(UNSAFE, encodeURIComponent);
}

/** The text that a level was made of. */
function fromLevel(level: string): string {
  return level.replace(/(?:%[\dA-F]{2})+/g, decodeURIComponent);
}

/**
 * Where the events of a rule are published, as JSON.
 *
 * @param sourceId Of the camera, or the session of the stream
 */
export function eventTopic(sourceId: string, ruleId: string): string {
  return `livesyte/${toLevel(sourceId)}/${toLevel(ruleId)}`;
}

/** Where the picture of the newest event of a rule is published, as a JPEG; retained for cameras. */
export function snapshotTopic(sourceId: string, ruleId: string): string {
  return `${eventTopic(sourceId, ruleId)}/snapshot`;
}

/**
 * Where it is published how many objects of a class a camera shows now; retained.
 *
 * @param ruleIds Those of the camera: a class that has the name of one of them gets a topic below the rule's
 */
export function countTopic(
  cameraId: string,
  label: string,
  ruleIds: ReadonlySet<string>,
): string {
  const topic = `livesyte/${toLevel(cameraId)}/${toLevel(label)}`;
  return ruleIds.has(label) ? `${topic}/count` : topic;
}

/** What a topic made by {@linkcode countTopic} was made of; `undefined` for one of another kind. */
export function parseCountTopic(topic: string): { cameraId: string; label: string } | undefined {
  const [, camera, label] = /^livesyte\/([^/]+)\/([^/]*)(?:\/count)?$/.exec(topic) ?? [];
  if (camera === undefined || label === undefined) return undefined;
  return { cameraId: fromLevel(camera), label: fromLevel(label) };
}
