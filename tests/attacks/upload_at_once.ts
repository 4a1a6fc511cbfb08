/**
 * Uploads many videos at once, in a process of its own, so that it takes no time from who measures.
 *
 * Arguments: the server's URL, the number of uploads, the bytes of each, and `known` or `unknown` for whether the server is told how
 * many there will be. All but the last byte is sent, then nothing for two seconds, then the rest. It writes how many got which
 * answer, as JSON.
 */

import { videoBefore } from "../video/video_before.ts";

const [url = "", uploads = "", fileBytes = "", length = ""] = Deno.args;
const PAUSE_MS = 2000;
const encoder = new TextEncoder();
const PIECE = new Uint8Array(65_536);
const HEAD = encoder.encode(
  "--x\r\nContent-Disposition: form-data; name=file; filename=a.mp4\r\n\r\n",
);
const START = Uint8Array.from([...HEAD, ...await videoBefore(Number(fileBytes))]);
const END = encoder.encode("\r\n--x--\r\n");
const sendEnd = Promise.withResolvers<void>();

async function upload(): Promise<string> {
  const { hostname, port } = new URL(url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const answer = readAnswer(connection);
  try {
    await sendAll(connection, Number(fileBytes));
  } catch {
    // The server has refused it, and has said why.
  }
  return await answer;
}

async function sendAll(connection: Deno.Conn, bytes: number): Promise<void> {
  const isKnown = length === "known";
  const total = START.length + bytes + END.length;
  await write(
    connection,
    encoder.encode(
      "POST /video/submit?pipeline_id=yolo_only&max_frames=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
        "Content-Type: multipart/form-data; boundary=x\r\n" +
        (isKnown ? `Content-Length: ${total}\r\n\r\n` : "Transfer-Encoding: chunked\r\n\r\n"),
    ),
  );
  const send = async (piece: Uint8Array) => {
    if (!isKnown) await write(connection, encoder.encode(`${piece.length.toString(16)}\r\n`));
    await write(connection, piece);
    if (!isKnown) await write(connection, encoder.encode("\r\n"));
  };
  await send(START);
  for (let left = bytes; left > 0; left -= PIECE.length) {
    await send(PIECE.subarray(0, Math.min(left, PIECE.length)));
  }
  await sendEnd.promise;
  await send(END);
  if (!isKnown) await write(connection, encoder.encode("0\r\n\r\n"));
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let left = bytes; left.length > 0;) left = left.subarray(await connection.write(left));
}

async function readAnswer(connection: Deno.Conn): Promise<string> {
  let text = "";
  const buffer = new Uint8Array(4096);
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const read = await connection.read(buffer);
      if (read === null) break;
      text += decoder.decode(buffer.subarray(0, read), { stream: true });
      if (/\r\n\r\n.*\}/s.test(text)) break;
    }
  } catch {
    // It was reset.
  }
  const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? "none";
  const error = /"error":"(\w+)"/.exec(text)?.[1];
  return error === undefined ? status : `${status} ${error}`;
}

setTimeout(() => sendEnd.resolve(), PAUSE_MS);
const answers = await Promise.all(Array.from({ length: Number(uploads) }, upload));
const counts = Object.fromEntries(
  Object.entries(Object.groupBy(answers, (answer) => answer))
    .map(([answer, all]) => [answer, all?.length]),
);
await Deno.stdout.write(encoder.encode(JSON.stringify(counts)));
Deno.exit(0);
