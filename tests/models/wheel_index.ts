/** An index of wheels as PyPI is one, with what servers do differently. */

import { deflateRawSync } from "node:zlib";

/** How a {@linkcode wheelIndex} answers. */
export interface IndexOptions {
  /** Whether it gives parts of files. */
  ranges?: boolean;
  /** Whether it lists files in JSON, sizes included, or in HTML. */
  json?: boolean;
  /** Changes the wheel on its way. */
  body?: (wheel: Uint8Array<ArrayBuffer>) => BodyInit;
  /** What clients have to send as `Authorization`. */
  authorization?: string;
}

/** What was asked for, and how many bytes of the wheel were sent. */
export interface WheelIndex extends AsyncDisposable {
  /** As `PIP_INDEX_URL` takes it. */
  url: string;
  requests: string[];
  sent: number;
}

/** Serves one project, with one wheel that holds `files`. */
export function wheelIndex(
  project: string,
  version: string,
  files: Record<string, Uint8Array>,
  { ranges = true, json = true, body, authorization }: IndexOptions = {},
): WheelIndex {
  const wheel = zip(files);
  const file = `${project}-${version}-py3-none-any.whl`;
  const index: WheelIndex = {
    url: "",
    requests: [],
    sent: 0,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  const list = () =>
    json
      ? Response.json({ files: [{ filename: file, url: `../../${file}`, size: wheel.length }] })
      : new Response(
        `<!DOCTYPE html><a data-yanked="no" href="../../${file}#sha256=0">${file}</a>`,
      );
  const give = (range: string | null) => {
    const [, from, to] = ranges ? /^bytes=(\d+)-(\d+)$/.exec(range ?? "") ?? [] : [];
    const bytes = from === undefined ? wheel : wheel.slice(Number(from), Number(to) + 1);
    index.sent += bytes.length;
    return new Response(body ? body(bytes) : bytes, { status: from === undefined ? 200 : 206 });
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    index.requests.push(pathname);
    const isAllowed = (request.headers.get("authorization") ?? undefined) === authorization;
    if (!isAllowed) return new Response("who are you?", { status: 401 });
    if (pathname === `/simple/${project}/`) return list();
    if (pathname === `/${file}`) return give(request.headers.get("range"));
    return new Response("not found", { status: 404 });
  });
  index.url = `http://127.0.0.1:${server.addr.port}/simple`;
  return index;
}

/** A ZIP archive, deflated; checksums are left out, since nobody here reads them. */
function zip(files: Record<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [path, bytes] of Object.entries(files)) {
    const name = new TextEncoder().encode(path);
    const data = deflateRawSync(bytes);
    // Version, flags, method, time, date, checksum, sizes, lengths of name and extra field.
    const common = [[20, 2], [0, 2], [8, 2], [0, 4], [0, 4], [data.length, 4], [bytes.length, 4]];
    const lengths = [[name.length, 2], [0, 2]];
    const head = pack([[0x04034b50, 4], ...common, ...lengths]);
    directory.push(
      pack([[0x02014b50, 4], [20, 2], ...common, ...lengths, [0, 4], [0, 2], [0, 4], [offset, 4]]),
      name,
    );
    parts.push(head, name, data);
    offset += head.length + name.length + data.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const count = Object.keys(files).length;
  const end = [[0x06054b50, 4], [0, 4], [count, 2], [count, 2], [size, 4], [offset, 4], [0, 2]];
  return join([...parts, ...directory, pack(end)]);
}

/** Little-endian numbers, each with its length in bytes. */
function pack(numbers: number[][]): Uint8Array {
  return Uint8Array.from(
    numbers.flatMap(([value = 0, length = 0]) =>
      Array.from({ length }, (_, index) => value / 256 ** index & 0xff)
    ),
  );
}

function join(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
