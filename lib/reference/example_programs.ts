/**
 * Whole programs that send images and print what is in them.
 *
 * @module
 */

import type { ServerPlace } from "./curl_command.ts";

/** A program. */
export interface ExampleProgram {
  /** Its language and what has to be there, with code in backticks. */
  title: string;
  /** Name of its file. */
  file: string;
  /** The command that runs it. */
  command: string;
  /** Its text. */
  text: string;
}

/** The programs, for a server. */
export function examplePrograms(place: ServerPlace): ExampleProgram[] {
  const address = streamAddress(place);
  return [
    {
      title: "Python, after `pip install websockets`",
      file: "stream.py",
      command: "python3 stream.py dog.jpg",
      text: pythonProgram(address),
    },
    {
      title: "JavaScript, in Node 22 or later, Deno or Bun",
      file: "stream.mjs",
      command: "node stream.mjs dog.jpg",
      text: javaScriptProgram(address),
    },
  ];
}

/** Where streams are opened. */
function streamAddress({ address, needsToken }: ServerPlace): string {
  const token = needsToken ? "&token=TOKEN" : "";
  return `${address.replace(/^http/, "ws")}/ws/video/stream?pipeline_id=yolo_only${token}`;
}

function pythonProgram(address: string): string {
  return `import asyncio, json, sys
from pathlib import Path
from websockets import connect

async def main():
    async with connect(${JSON.stringify(address)}) as socket:
        for file in sys.argv[1:]:
            await socket.send(Path(file).read_bytes())
            answer = json.loads(await socket.recv())
            if "error" in answer:
                sys.exit(answer["detail"])
            for found in answer["result"]["detections"]:
                print(file, found["label"], found["confidence"], found["bbox"])

asyncio.run(main())
`;
}

function javaScriptProgram(address: string): string {
  return `import { readFile } from "node:fs/promises";
import process from "node:process";

const files = process.argv.slice(2);
const socket = new WebSocket(${JSON.stringify(address)});
const sendNext = async () =>
  files.length > 0 ? socket.send(await readFile(files[0])) : socket.close();

socket.onopen = sendNext;
socket.onerror = ({ message }) => {
  throw new Error(message);
};
socket.onmessage = async ({ data }) => {
  const { result, detail } = JSON.parse(data);
  if (result === undefined) throw new Error(detail);
  const file = files.shift();
  for (const { label, confidence, bbox } of result.detections) {
    console.log(file, label, confidence, bbox);
  }
  await sendNext();
};
`;
}
