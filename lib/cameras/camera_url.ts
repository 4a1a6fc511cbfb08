/**
 * Addresses of cameras, and how their secrets are kept out of everything that leaves the server.
 *
 * @module
 */

/** What stands in place of a secret. */
const MASK = "***";

const DEVICE = /^(?:v4l2:(?:\/\/)?)?\/dev\/video\d{1,3}$/;
const FILE = /^file:(?:\/\/(?:localhost)?)?\/(?!\/)/i;
const NETWORK = /^(?:rtsp|rtsps|http|https):\/\//i;
/** Parts of a path that hold secrets, as in `/user=admin_password=secret_channel=1.sdp`. */
const PATH_SECRET = /((?:user|pass|pwd|token|key|auth|secret)[a-z]*=)([^&;/]*)/gi;
/** Shorter ones are not looked for in sentences, most of which hold them by chance. */
const LEAST_SECRET = 3;

/** What an address may be, as the end of a sentence. */
export const ADDRESS_RULE =
  "an rtsp, rtsps, http or https URL with a host, a file URL with an absolute path such as file:///videos/door.mp4, " +
  "or a device such as /dev/video0 or v4l2:/dev/video0 (in a user or a password, write / ? # % @ and spaces as %2F " +
  "%3F %23 %25 %40 %20)";

/** Whether a text is an address that a camera may have. */
export function isCameraUrl(text: string): boolean {
  // deno-lint-ignore no-control-regex
  if (/[\s\u0000-\u001f\u007f]/.test(text)) return false;
  if (DEVICE.test(text)) return true;
  const url = URL.parse(text);
  if (url === null) return false;
  if (url.protocol === "file:") return FILE.test(text) && url.pathname.length > 1;
  return NETWORK.test(text) && url.hostname !== "";
}

/**
 * An address with `***` for its user, its password, the values of its query and its fragment.
 *
 * @param text One that {@linkcode isCameraUrl} lets pass; of any other, no more than its scheme is shown
 */
export function maskUrl(text: string): string {
  if (!isCameraUrl(text)) return `${/^[a-z][a-z\d]{0,9}:/i.exec(text)?.[0] ?? ""}…`;
  if (DEVICE.test(text)) return text;
  const { protocol, username, password, host, pathname, search, hash } = new URL(text);
  const user = username === "" && password === "" ? "" : `${MASK}${password && `:${MASK}`}@`;
  // An address whose password holds a slash looks as if its host ended there.
  const path = pathname.replace(/^.*@/s, `/${MASK}@`).replace(PATH_SECRET, `$1${MASK}`);
  const query = search.slice(1).split("&").map((part) => {
    const [name = ""] = part.split("=", 1);
    return part.includes("=") ? `${name}=${MASK}` : MASK;
  });
  return `${protocol}//${user}${host}${path}${search && `?${query.join("&")}`}${
    hash && `#${MASK}`
  }`;
}

/** Whether an address holds `***` where {@linkcode maskUrl} writes it, so that its secrets are not known. */
export function isMasked(text: string): boolean {
  return isCameraUrl(text) && text.includes(MASK) && maskUrl(text) === text;
}

/** A text with `***` for the secrets of an address, however they are encoded. */
export function hideSecrets(text: string, url: string): string {
  return secretsOf(url).reduce((hidden, secret) => hidden.replaceAll(secret, MASK), text);
}

/** The longest first, so that none is left in parts. */
function secretsOf(text: string): string[] {
  const url = isCameraUrl(text) && !DEVICE.test(text) ? URL.parse(text) : null;
  if (url === null) return [];
  const written = [
    url.username,
    url.password,
    ...url.search.slice(1).split("&").map((part) => part.slice(part.indexOf("=") + 1)),
    ...Array.from(url.pathname.matchAll(PATH_SECRET), ([, , value = ""]) => value),
    url.hash.slice(1),
  ];
  const userInfo = /^\w+:\/\/([^/]*)@/.exec(text)?.[1] ?? "";
  const parts = [...written, ...userInfo.split(":")].flatMap((part) => {
    const plain = decode(part);
    return [part, plain, encodeURIComponent(plain), encodeURI(plain)];
  });
  return [text, url.href, ...new Set(parts)].filter((part) => part.length >= LEAST_SECRET)
    .toSorted((a, b) => b.length - a.length);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
