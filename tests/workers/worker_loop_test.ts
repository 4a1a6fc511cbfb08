import { expect } from "expect";

const URL_OF_WORKER = new URL("./mortal_worker.ts", import.meta.url);

/** A worker, and what it says but for its heartbeats. */
class Conversation implements Disposable {
  readonly #worker = new Worker(URL_OF_WORKER, { type: "module" });
  readonly #replies: unknown[] = [];
  #arrived = Promise.withResolvers<void>();

  constructor() {
    const add = (reply: unknown) => {
      this.#replies.push(reply);
      this.#arrived.resolve();
    };
    this.#worker.onmessage = ({ data }) => data.type === "heartbeat" || add(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      add(`unhandled: ${event.message}`);
    };
  }

  say(...requests: unknown[]): void {
    for (const request of requests) this.#worker.postMessage(request);
  }

  async replies(count: number): Promise<unknown[]> {
    while (this.#replies.length < count) {
      await this.#arrived.promise;
      this.#arrived = Promise.withResolvers();
    }
    return this.#replies;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}

const START = { type: "start", setup: "" };
const END = { type: "end" };
const DIED = { type: "died", message: expect.stringContaining("on purpose") };

function run(task: string): unknown {
  return { type: "run", task };
}

Deno.test("a worker answers a task that fails, and goes on", async () => {
  using worker = new Conversation();
  worker.say(START, run("throw"), run("work"));
  expect(await worker.replies(3)).toEqual([
    { type: "ready" },
    { type: "failed", kind: "internal", message: "on purpose" },
    { type: "done", outcome: 'did "work"' },
  ]);
});

Deno.test("a worker that is told to end frees its models first", async () => {
  using worker = new Conversation();
  worker.say(START, END);
  expect(await worker.replies(3)).toEqual([{ type: "ready" }, "released", { type: "ended" }]);
});

for (const task of ["throw late", "reject late"]) {
  Deno.test(`a worker that dies of an error that nobody catches frees its models once (${task})`, async () => {
    using worker = new Conversation();
    worker.say(START, run(task));
    const done = { type: "done", outcome: `did "${task}"` };
    expect(await worker.replies(4)).toEqual([{ type: "ready" }, done, "released", DIED]);
  });
}

Deno.test("a worker that dies while it starts frees what it has loaded", async () => {
  using worker = new Conversation();
  worker.say({ type: "start", setup: "throw late" });
  expect(await worker.replies(3)).toEqual([{ type: "ready" }, "released", DIED]);
});
