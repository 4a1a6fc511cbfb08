import { expect } from "expect";
import type { Page } from "playwright-core";
import type { PipelineResult } from "../../lib/protocol/result.ts";
import type { FrameProcessor } from "../../lib/streaming/frame_processor.ts";
import { openStream, startTestServer, type TestServer } from "../routes/test_server.ts";
import { RESULT } from "../streaming/simulated_stream.ts";
import { waitFor } from "../video/wait_for.ts";
import { browserTest } from "./browser.ts";
import { DOG_IMAGE, expectAccessible, openFile, visit, waitForDog } from "./live_page.ts";

const FOUND: PipelineResult = {
  ...RESULT,
  detections: [{ label: "dog", class_id: 16, confidence: 0.9, bbox: [4, 4, 8, 8] }],
};

/** A pipeline that finds a dog in every frame, until the test has it fail. */
class FaultyPipeline implements FrameProcessor {
  isKnown = true;
  isFailing = false;

  isValidPipeline(): boolean {
    return this.isKnown;
  }

  runOnFrame(): Promise<PipelineResult> {
    return this.isFailing
      ? Promise.reject(new Error("Cannot run: made to fail"))
      : Promise.resolve(FOUND);
  }
}

interface Failure {
  /** What the banner says. */
  title: string;
  /** The word on its button. */
  button: "Retry" | "Retry now" | "Reconnect";
  environment?: Record<string, string>;
  /** Makes the stream fail; it runs already unless `fromStart` is set. */
  provoke(page: Page, server: TestServer, pipeline: FaultyPipeline): Promise<void> | void;
  fromStart?: true;
  /** What has to change before the button can help. */
  mend?(server: TestServer, pipeline: FaultyPipeline): Promise<void> | void;
}

/** `invalid_rules` is missing: the address of the page has to be mended, which no button does. */
const FAILURES: Record<string, Failure> = {
  invalid_pipeline: {
    title: "The server does not know this pipeline",
    button: "Retry",
    fromStart: true,
    provoke: (_page, _server, pipeline) => void (pipeline.isKnown = false),
    mend: (_server, pipeline) => void (pipeline.isKnown = true),
  },
  too_many_sessions: {
    title: "The server is full",
    button: "Retry now",
    environment: { STREAM_MAX_SESSIONS: "1" },
    fromStart: true,
    async provoke(_page, server) {
      await openStream(server, "?pipeline_id=other").opened;
      await waitFor(() => server.services.streams.registry.size === 1);
    },
    mend: ({ services }) => {
      const [other] = services.streams.registry.list();
      services.streams.registry.get(other?.session_id ?? "")?.fail("session_timeout", "Mended");
    },
  },
  invalid_message: {
    title: "The server did not understand the page",
    button: "Retry",
    provoke: (page) => sendInPlaceOfFrame(page, "no frame"),
  },
  invalid_frame: {
    title: "The server could not read a frame",
    button: "Retry",
    provoke: (page) => sendInPlaceOfFrame(page, [1, 2, 3]),
  },
  frame_too_large: {
    title: "The frames are too large for the server",
    button: "Retry",
    // The dog takes some 80 KB at 640×480 and some 25 KB at 320×240.
    environment: { STREAM_MAX_FRAME_SIZE_MB: "0.04" },
    fromStart: true,
    provoke: () => {},
  },
  pipeline_failure: {
    title: "The pipeline failed on a frame",
    button: "Retry now",
    provoke: (_page, _server, pipeline) => void (pipeline.isFailing = true),
    mend: (_server, pipeline) => void (pipeline.isFailing = false),
  },
  session_timeout: {
    title: "The server ended the session",
    button: "Reconnect",
    environment: { STREAM_MAX_SESSION_S: "3" },
    provoke: () => {},
  },
  internal_error: {
    title: "Something went wrong on the server",
    button: "Retry now",
    provoke(_page, { services }) {
      const [session] = services.streams.registry.list();
      const stream = services.streams.registry.get(session?.session_id ?? "");
      Object.assign(stream ?? {}, {
        receive() {
          throw new Error("Made to fail");
        },
      });
    },
  },
};

for (const [code, failure] of Object.entries(FAILURES)) {
  browserTest(`${code} is told in words, and its button recovers the stream`, async () => {
    const pipeline = new FaultyPipeline();
    await using server = await startTestServer({
      environment: failure.environment ?? {},
      processor: pipeline,
    });
    await visit({ url: `http://${server.host}/` }, async ({ page }) => {
      await stopWaiting(page);
      if (failure.fromStart) await failure.provoke(page, server, pipeline);
      await openFile(page, DOG_IMAGE);
      if (!failure.fromStart) {
        await waitForDog(page);
        await failure.provoke(page, server, pipeline);
      }
      const banner = page.locator(".banner");
      await banner.getByText(failure.title).waitFor();
      await page.locator(`.pill[data-tone="lost"]`).waitFor();
      await expectAccessible(page, code);
      await failure.mend?.(server, pipeline);
      const retry = banner.getByRole("button", { name: failure.button, exact: true });
      await retry.click();
      await banner.waitFor({ state: "detached" });
      await waitForDog(page);
    });
  });
}

browserTest(
  "Retry takes a pipeline that the server has, in place of one that is gone",
  async () => {
    const pipeline = new FaultyPipeline();
    const asked: string[] = [];
    const processor: FrameProcessor = {
      isValidPipeline: (id) => {
        asked.push(id);
        return id !== "gone";
      },
      runOnFrame: () => pipeline.runOnFrame(),
    };
    await using server = await startTestServer({ processor });
    await visit({ url: `http://${server.host}/` }, async ({ page }) => {
      // The list is of before the server was started anew without the pipeline.
      await page.route(
        "**/pipelines",
        (route) =>
          route.fulfill({ json: { pipelines: [{ id: "gone", name: "Gone", description: "" }] } }),
      );
      await page.reload();
      await openFile(page, DOG_IMAGE);
      await page.getByText("The server does not know this pipeline").waitFor();
      await page.unroute("**/pipelines");
      await page.getByRole("button", { name: "Retry", exact: true }).click();
      await waitForDog(page);
      expect(asked).toEqual(["gone", expect.not.stringMatching("gone")]);
    });
  },
);

/** Stops the page's longer timers, among them those of reconnects, so that only the button can help. */
async function stopWaiting(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { setTimeout } = globalThis;
    Object.assign(globalThis, {
      setTimeout: (callback: () => void, delay = 0) =>
        delay > 500 ? 0 : setTimeout(callback, delay),
    });
  });
}

/** Has the page send something else once, at its next frame. */
async function sendInPlaceOfFrame(page: Page, message: string | number[]): Promise<void> {
  await page.evaluate((message) => {
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function () {
      WebSocket.prototype.send = send;
      this.send(typeof message === "string" ? message : new Uint8Array(message));
    };
  }, message);
}
