import { expect } from "expect";
import { fileURLToPath } from "node:url";
import { copyProject } from "../copy_project.ts";
import { readFixture } from "../read_fixture.ts";

const START_TIMEOUT_MS = 240_000;
const STOP_TIMEOUT_MS = 20_000;
const ANSWER_TIMEOUT_MS = 20_000;

/** A server for development that runs. */
interface DevServer extends AsyncDisposable {
  /** Such as `http://127.0.0.1:40123/`. */
  url: string;
  /** Resolves once it has said that it is ready. */
  started: Promise<void>;
  /** Sends the signal, and waits for the end. */
  stop(signal: Deno.Signal): Promise<{ code: number; log: string }>;
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Waits, but not for ever. */
async function within<Value>(ms: number, what: string, value: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`No ${what} within ${ms} ms`)), ms);
  try {
    return await Promise.race([value, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs `deno task dev` in a project. */
function startDevServer(root: URL): DevServer {
  const port = freePort();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "dev"],
    cwd: root,
    env: {
      PORT: String(port),
      LOG_FORMAT: "json",
      DATA_DIR: fileURLToPath(new URL("data", root)),
      MODEL_DIR: fileURLToPath(new URL("../../models", import.meta.url)),
      PIPELINE_WORKERS: "1",
      PIPELINE_THREADS: "1",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let log = "";
  let grown = Promise.withResolvers<void>();
  const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      log += text;
      grown.resolve();
      grown = Promise.withResolvers();
    }
  };
  const ended = Promise.all([child.status, read(child.stdout), read(child.stderr)]);
  const untilStarted = async () => {
    while (!log.includes('"server_start"')) {
      const status = await Promise.race([grown.promise, child.status]);
      if (status !== undefined) throw new Error(`The server ended: ${log}`);
    }
  };
  let hasEnded = false;
  child.status.then(() => hasEnded = true);
  const stop = async (signal: Deno.Signal) => {
    if (!hasEnded) child.kill(signal);
    const [{ code }] = await within(STOP_TIMEOUT_MS, `end after: ${log}`, ended);
    return { code, log };
  };
  return {
    url: `http://127.0.0.1:${port}/`,
    started: within(START_TIMEOUT_MS, "start", untilStarted()),
    stop,
    async [Symbol.asyncDispose]() {
      await stop("SIGTERM");
    },
  };
}

/** Sends one frame over the WebSocket, and gives the labels of what was found in it. */
async function labelsIn(url: string, frame: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const socket = new WebSocket(`${url}ws/video/stream?pipeline_id=yolo_only`);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  const answer = new Promise<string>((resolve, reject) => {
    socket.onopen = () => socket.send(frame);
    socket.onmessage = ({ data }) => resolve(data);
    socket.onerror = () => reject(new Error("Cannot connect"));
  });
  try {
    const { result } = JSON.parse(await within(ANSWER_TIMEOUT_MS, "answer", answer));
    return result.detections.map(({ label }: { label: string }) => label);
  } finally {
    socket.close();
    await closed;
  }
}

async function read(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

/** Reads again and again until the text is there, or, with `undefined`, until nothing answers. */
async function untilItSays(url: string, text: string | undefined): Promise<void> {
  const end = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const answer = await read(url).catch(() => undefined);
    if (text === undefined ? answer === undefined : answer?.includes(text)) return;
    if (Date.now() > end) throw new Error(`It never said ${text}: ${answer}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function edit(url: URL, change: (text: string) => string): Promise<void> {
  await Deno.writeTextFile(url, change(await Deno.readTextFile(url)));
}

Deno.test("deno task dev recognises what streams show, and starts anew with every change", async (t) => {
  await using project = await copyProject();
  await using server = startDevServer(project.root);
  const page = new URL("routes/index.tsx", project.root);
  await server.started;

  await t.step("it streams", async () => {
    expect(JSON.parse(await read(`${server.url}health`)).status).toBe("healthy");
    expect(await labelsIn(server.url, await readFixture("dog.jpg"))).toContain("dog");
    const html = await read(server.url);
    expect(html).toContain("<title>Live · livesyte</title>");
    const script = /import ?\{ ?boot ?\} ?from ?"([^"]+)"/.exec(html)?.[1];
    expect(await read(new URL(script ?? "", server.url).href)).toContain("boot");
  });

  await t.step("a change of a page and of the styles is there after a moment", async () => {
    await edit(
      new URL("static/styles/layers/reset.css", project.root),
      (text) => `${text}\n.changed { top: 0 }`,
    );
    await edit(page, (text) => text.replace('title = "Live"', 'title = "Changed"'));
    await untilItSays(server.url, "<title>Changed · livesyte</title>");
    // The page's sheet imports its layers.
    const [, sheet = ""] = /rel="stylesheet" href="([^"]+)"/.exec(await read(server.url)) ?? [];
    const layers = new URL(sheet.replaceAll("&amp;", "&"), server.url);
    expect(await read(layers.href)).toContain('@import "./layers/reset.css"');
    await untilItSays(new URL("layers/reset.css", layers).href, ".changed");
    await untilItSays(`${server.url}ready`, '"ready"');
    expect(await labelsIn(server.url, await readFixture("dog.jpg"))).toContain("dog");
  });

  await t.step("a mistake ends the server until it is mended", async () => {
    await edit(page, (text) => `${text}\n}`);
    await untilItSays(server.url, undefined);
    await edit(page, (text) => text.slice(0, -2));
    await untilItSays(`${server.url}ready`, '"ready"');
  });

  await t.step("SIGTERM stops it", async () => {
    const { code, log } = await server.stop("SIGTERM");
    expect(code).toBe(0);
    expect(log.lastIndexOf('"server_stop"')).toBeGreaterThan(log.lastIndexOf('"server_start"'));
    await expect(fetch(server.url)).rejects.toThrow();
  });
});

Deno.test("deno task dev stops on Ctrl-C, and says when its port is in use", async () => {
  await using project = await copyProject();
  await using server = startDevServer(project.root);
  await server.started;
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "dev"],
    cwd: project.root,
    env: {
      PORT: new URL(server.url).port,
      MODEL_DIR: fileURLToPath(new URL("../../models", import.meta.url)),
    },
  }).output();
  expect(code).toBe(2);
  expect(new TextDecoder().decode(stderr)).toMatch(
    /livesyte: Cannot listen on port \d+: it is in use/,
  );
  const { code: stopped, log } = await server.stop("SIGINT");
  expect(stopped).toBe(0);
  expect(log).toContain('"signal":"SIGINT"');
});
