/** The real application on a real port, for tests. */

import { createApp } from "../../app.ts";
import { createBuilder } from "../../commands/build_page.ts";
import type { ServerMessage } from "../../lib/protocol/stream.ts";
import { parseConfig } from "../../lib/config.ts";
import type { EventSink } from "../../lib/events/event_sink.ts";
import { openFront } from "../../lib/front/front.ts";
import { answerServeError } from "../../lib/http/guard_requests.ts";
import type { FrameProcessor } from "../../lib/streaming/frame_processor.ts";
import { Services } from "../../services.ts";
import { limited } from "../limited.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

/** Options for {@linkcode startTestServer}. */
export interface TestServerOptions {
  /** Environment variables. */
  environment?: Record<string, string>;
  /** Stands in for the pipelines, to provoke faults; without one, the real models are loaded. */
  processor?: FrameProcessor;
  /** Takes what rules notice. */
  events?: EventSink;
  /**
   * Address to listen on.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string;
}

export interface TestServer extends AsyncDisposable {
  services: Services;
  /** Such as `127.0.0.1:40123`. */
  host: string;
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** The build is the same for all servers of a test run. */
const applyBuild = createBuilder().then((builder) => builder.build({ snapshot: "memory" }));

export async function startTestServer(
  { environment = {}, processor, events, hostname = "127.0.0.1" }: TestServerOptions = {},
): Promise<TestServer> {
  const dataDirectory = await temporaryDirectory();
  const config = parseConfig({
    // Said outright, so that no test waits for autotune, or depends on the graphics card of the machine.
    PIPELINE_DEVICE: "cpu",
    PIPELINE_WORKERS: "1",
    PIPELINE_THREADS: "2",
    DATA_DIR: dataDirectory.path,
    ...environment,
  });
  const services = new Services(config, processor, events);
  if (processor === undefined) await services.start();
  const app = createApp(() => services);
  (await applyBuild)(app);
  const listener = Deno.listen({ hostname, port: 0 });
  const front = await openFront(listener, {
    config,
    handler: app.handler(),
    onError: answerServeError,
  });
  const { host } = new URL(front.url);
  return {
    services,
    host,
    fetch: (path, init) => fetch(`http://${host}${path}`, init),
    async [Symbol.asyncDispose]() {
      await services.stop();
      await front.stop(1000);
      await dataDirectory[Symbol.asyncDispose]();
    },
  };
}

/** A WebSocket client that keeps what it gets. Nothing is waited for without a limit. */
export class TestClient {
  readonly messages: ServerMessage[] = [];
  readonly frames: ArrayBuffer[] = [];
  readonly #socket: WebSocket;
  readonly #opened = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<{ code: number; reason: string }>();
  #arrived: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(url: string) {
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onopen = () => this.#opened.resolve();
    this.#socket.onerror = (event) => {
      event.preventDefault();
      this.#opened.reject(new Error("Cannot connect"));
    };
    // Some tests only wait for the close.
    this.#opened.promise.catch(() => {});
    this.#socket.onclose = ({ code, reason }) => this.#closed.resolve({ code, reason });
    this.#socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.messages.push(JSON.parse(data));
      else this.frames.push(data);
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
    };
  }

  get opened(): Promise<void> {
    return limited(this.#opened.promise, "a connection");
  }

  /** Resolves when the server, or the client, has closed the connection. */
  get closed(): Promise<{ code: number; reason: string }> {
    return limited(this.#closed.promise, "the end of a connection");
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(data);
  }

  /** Resolves once so many messages have come. @throws {Error} If the connection ends before */
  async received(count: number): Promise<ServerMessage[]> {
    const end = this.#closed.promise.then(({ reason }) => {
      throw new Error(`Closed after ${this.messages.length} of ${count} messages: ${reason}`);
    });
    end.catch(() => {});
    while (this.messages.length < count) {
      await limited(Promise.race([this.#arrived.promise, end]), `${count} messages`);
    }
    return this.messages;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}

/** Connects to the stream of a server. */
export function openStream({ host }: Pick<TestServer, "host">, query: string): TestClient {
  return new TestClient(`ws://${host}/ws/video/stream${query}`);
}
