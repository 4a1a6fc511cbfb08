import { expect } from "expect";
import { CameraLibrary } from "../../../lib/client/cameras/camera_library.ts";
import {
  type CameraSignals,
  createCameraSignals,
} from "../../../lib/client/cameras/camera_signals.ts";
import { exampleCamera } from "./example_camera.ts";

/** A page without a DOM, and a server that answers each request for the list when the test says so. */
class TestPage implements AsyncDisposable {
  readonly document = Object.assign(new EventTarget(), {
    hidden: false,
    documentElement: { dataset: {} },
  });
  readonly signals: CameraSignals = createCameraSignals();
  readonly library: CameraLibrary;
  /** One for each request for the list. */
  readonly requests: ((answer: Response) => void)[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    Object.assign(globalThis, { document: this.document });
    this.#server = Deno.serve({ port: 0, onListen() {} }, (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/pipelines") return Response.json({ pipelines: [] });
      const { promise, resolve } = Promise.withResolvers<Response>();
      this.requests.push(resolve);
      return promise;
    });
    const page = `http://127.0.0.1:${this.#server.addr.port}/cameras`;
    this.library = new CameraLibrary(this.signals, page);
  }

  get names(): string[] | undefined {
    return this.signals.cameras.value?.map(({ name }) => name);
  }

  /** Answers a request with a list of one camera. */
  answer(request: number, name: string): void {
    const list = { cameras: [exampleCamera({ name })], can_change: true };
    this.requests[request]?.(Response.json(list));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resolve of this.requests) resolve(new Response());
    await this.#server.shutdown();
    Reflect.deleteProperty(globalThis, "document");
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error("Waited in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test("an answer that comes late never replaces a newer one", async () => {
  await using page = new TestPage();
  const end = page.library.run();
  await until(() => page.requests.length === 1);
  const second = page.library.refresh();
  await until(() => page.requests.length === 2);
  page.answer(1, "Newer");
  await second;
  expect(page.names).toEqual(["Newer"]);
  expect(page.signals.canChange.value).toBe(true);
  page.answer(0, "Older");
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(page.names).toEqual(["Newer"]);
  end();
});

Deno.test("the list is renewed while the page is seen, and not while it is not", async () => {
  await using page = new TestPage();
  const end = page.library.run();
  await until(() => page.requests.length === 1);
  page.answer(0, "First");
  await until(() => page.requests.length === 2);
  page.document.hidden = true;
  page.answer(1, "Second");
  await until(() => page.names?.[0] === "Second");
  await new Promise((resolve) => setTimeout(resolve, 2500));
  expect(page.requests.length).toBe(2);
  page.document.hidden = false;
  page.document.dispatchEvent(new Event("visibilitychange"));
  await until(() => page.requests.length === 3);
  end();
});

Deno.test("a server that is gone for a while is told, until it is back", async () => {
  await using page = new TestPage();
  const end = page.library.run();
  await until(() => page.requests.length === 1);
  page.requests[0]?.(new Response("no JSON", { status: 502 }));
  await until(() => page.signals.problem.value !== null);
  await until(() => page.requests.length === 2);
  page.answer(1, "Back");
  await until(() => page.names?.[0] === "Back");
  expect(page.signals.problem.value).toBeNull();
  end();
});
