/** Requests byte by byte, since `fetch` sets headers such as Host itself and mends addresses. */

/** An answer as far as it came before the connection was closed; the body of an upgrade is left out. */
export interface RawAnswer {
  /** 0 if nothing came that is HTTP. */
  status: number;
  headers: Headers;
  body: string;
}

/** Headers that ask for a WebSocket. */
export const UPGRADE: Readonly<Record<string, string>> = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
};

/** Milliseconds that an answer may take. */
const TIMEOUT_MS = 10_000;

/** Sends a request as it is written here; without a header `Connection`, the connection is closed after the answer. */
export function requestRaw(
  host: string,
  path: string,
  { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<RawAnswer> {
  const all = { Host: host, Connection: "close", ...headers };
  const lines = Object.entries(all).map((pair) => pair.join(": "));
  return sendRaw(host, [`${method} ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n"));
}

/** Sends text, each character as a byte, and reads what comes back. */
export async function sendRaw(host: string, text: string): Promise<RawAnswer> {
  const { hostname, port } = new URL(`http://${host}`);
  using connection = await Deno.connect({
    hostname: hostname.replace(/^\[|\]$/g, ""),
    port: Number(port),
  });
  const timer = setTimeout(() => connection.close(), TIMEOUT_MS);
  try {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0));
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    return await readAnswer(connection);
  } finally {
    clearTimeout(timer);
  }
}

async function readAnswer(connection: Deno.Conn): Promise<RawAnswer> {
  const buffer = new Uint8Array(65_536);
  let text = "";
  for (let answer = parse(text);; answer = parse(text)) {
    if (answer.isWhole) return answer;
    const length = await connection.read(buffer);
    if (length === null) return answer;
    // Each byte a character for now, so that lengths are those of bytes.
    text += new TextDecoder("latin1").decode(buffer.subarray(0, length));
  }
}

function parse(text: string): RawAnswer & { isWhole: boolean } {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, Math.max(end, 0)).split("\r\n");
  const headers = new Headers(lines.map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1)];
  }));
  const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(first)?.[1] ?? 0);
  const body = Uint8Array.from(text.slice(end + 4), (character) => character.charCodeAt(0));
  const length = status === 101 ? 0 : Number(headers.get("Content-Length") ?? Infinity);
  return {
    status,
    headers,
    body: new TextDecoder().decode(body),
    isWhole: end >= 0 && body.length >= length,
  };
}
