import { expect } from "expect";
import type { Page } from "playwright-core";
import { makeDogVideo } from "../video/media.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import {
  dogTest,
  drawnDog,
  expectAccessible,
  expectedDog,
  intersectionOverUnion,
  movement,
  visit,
  type VisitOptions,
  waitForDog,
} from "./live_page.ts";
import { type ServerProcess, startServer } from "./server.ts";

/** Generous, as tests share a slow machine with others. */
const TIMEOUT_MS = 60_000;
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };

let server: ServerProcess | undefined;
let directory: Awaited<ReturnType<typeof temporaryDirectory>> | undefined;

Deno.test.afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await directory?.[Symbol.asyncDispose]();
});

/** Path of a video of the dog that plays in a loop as a camera. */
async function dogFile(): Promise<string> {
  directory ??= await temporaryDirectory();
  const path = `${directory.path}/dog.mp4`;
  await Deno.stat(path).catch(() => makeDogVideo(path, 100));
  return path;
}

/** Opens the page of a server of these tests, with the cameras given and no others. */
async function visitCameras(
  cameras: Record<string, unknown>[],
  { path = "/cameras", ...options }: VisitOptions,
  fn: (page: Page) => Promise<void>,
): Promise<void> {
  const file = await dogFile();
  server ??= await startServer({
    PIPELINE_WORKERS: "1",
    PIPELINE_THREADS: "2",
    CAMERA_IDLE_GRACE_S: "1",
  });
  for (const { id } of await listCameras()) await ask(`camera/${id}`, "DELETE");
  for (const camera of cameras) {
    const answer = await ask("camera", "POST", {
      pipeline_id: "yolo_only",
      url: `file://${file}`,
      ...camera,
    });
    expect(answer.status).toBe(201);
  }
  await visit({ url: server.url, path, ...options }, ({ page }) => fn(page));
}

async function ask(path: string, method: string, body?: unknown): Promise<Response> {
  const answer = await fetch(new URL(path, server?.url), {
    method,
    headers: { "Content-Type": "application/json" },
    ...body !== undefined && { body: JSON.stringify(body) },
  });
  if (method !== "GET") await answer.body?.cancel();
  return answer;
}

async function listCameras(): Promise<{ id: string; state: string; client_count: number }[]> {
  return (await (await ask("camera", "GET")).json()).cameras;
}

/** Waits until something is so. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + TIMEOUT_MS;
  while (!await isSo()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function untilStates(states: Record<string, string>): Promise<void> {
  await until(JSON.stringify(states), async () => {
    const cameras = await listCameras();
    return Object.entries(states)
      .every(([id, state]) => cameras.find((camera) => camera.id === id)?.state === state);
  });
}

/** Number of processes that have a file open, on Linux. */
async function processesWith(path: string): Promise<number> {
  let count = 0;
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      for await (const fd of Deno.readDir(`/proc/${name}/fd`)) {
        if (await Deno.readLink(`/proc/${name}/fd/${fd.name}`).catch(() => "") !== path) continue;
        count += 1;
        break;
      }
    } catch {
      // It has ended meanwhile.
    }
  }
  return count;
}

function tile(page: Page, name: string) {
  return page.locator(".tile", { hasText: name });
}

dogTest("a camera is added, tested, seen among others and large, and let go", async () => {
  const file = await dogFile();
  await visitCameras([], {}, async (page) => {
    await page.getByText("See what all your cameras see").waitFor();
    await expectAccessible(page, "no cameras");
    await page.locator(".notice").getByRole("button", { name: "Add a camera" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a camera" });
    await dialog.getByLabel("Address").fill(`file://${file}`);
    await dialog.getByRole("button", { name: "Test" }).click();
    await dialog.getByRole("img", { name: "What the camera sees" }).waitFor();
    await dialog.getByText("640×480 · h264 · 25 FPS").waitFor();
    await dialog.getByLabel("Name").fill("Front door");
    expect(await dialog.getByLabel("Id").inputValue()).toBe("front-door");
    await dialog.getByLabel("Pipeline").selectOption("yolo_only");
    await expectAccessible(page, "adding");
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "detached" });
    await page.waitForFunction(() => document.activeElement?.id === "camera-front-door");

    await waitForDog(page);
    await tile(page, "Front door").locator(`.pill[data-tone="live"]`).waitFor();
    expect(await processesWith(file)).toBe(1);
    await expectAccessible(page, "grid");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\?id=front-door$/);
    await waitForDog(page);
    expect(intersectionOverUnion(await drawnDog(page), await expectedDog(page)))
      .toBeGreaterThanOrEqual(0.7);
    await page.locator(".objects li", { hasText: "dog" }).waitFor();
    await page.locator(`.pill[data-tone="live"]`).waitFor();
    await expectAccessible(page, "large");
    await page.getByRole("button", { name: "Snapshot" }).click();
    await page.getByRole("dialog").getByRole("img").waitFor();

    await page.goto("about:blank");
    await untilStates({ "front-door": "idle" });
    await until("its process is gone", async () => await processesWith(file) === 0);
  });
});

dogTest("only cameras that are on screen, on a page that is seen, are watched", async () => {
  const cameras = ["a", "b", "c", "d"].map((id) => ({ id, name: `Camera ${id}`, fps: 2 }));
  await visitCameras(cameras, { context: PHONE }, async (page) => {
    await untilStates({ a: "active", b: "active", d: "idle" });
    await tile(page, "Camera d").scrollIntoViewIfNeeded();
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await untilStates({ a: "idle", d: "active" });
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { configurable: true, value: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await untilStates({ a: "idle", b: "idle", c: "idle", d: "idle" });
    await page.evaluate(() => {
      Object.defineProperty(document, "hidden", { configurable: true, value: false });
      document.dispatchEvent(new Event("visibilitychange"));
    });
    await untilStates({ d: "active" });
    await tile(page, "Camera d").locator(`[data-label="dog"]`).first()
      .waitFor({ state: "attached" });
  });
});

dogTest("a camera that cannot be reached is told in words, among others that can", async () => {
  const address = "rtsp://user:geheim@127.0.0.1:1/stream?key=geheim";
  const cameras = [{ id: "yard", name: "Yard", url: address }, { id: "door", name: "Door" }];
  await visitCameras(cameras, { context: PHONE }, async (page) => {
    const yard = tile(page, "Yard");
    await yard.getByText("The camera cannot be reached.").waitFor();
    await yard.getByText(/Trying again in/).waitFor();
    await yard.locator(`.pill[data-tone="lost"]`).waitFor();
    await waitForDog(page);
    // What one camera sees is drawn over no other.
    expect(await yard.locator(".overlay li").count()).toBe(0);
    await expectAccessible(page, "failed");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(await page.content()).not.toContain("geheim");

    await yard.getByRole("button", { name: "Edit Yard" }).tap();
    const dialog = page.getByRole("dialog", { name: "Edit Yard" });
    expect(await dialog.getByLabel("Address").inputValue())
      .toBe("rtsp://***:***@127.0.0.1:1/stream?key=***");
    await dialog.getByRole("button", { name: "Test" }).tap();
    await dialog.getByText("The camera cannot be reached.").waitFor();
    await dialog.getByLabel("Name").fill("Garden");
    await expectAccessible(page, "editing");
    await dialog.getByRole("button", { name: "Save" }).tap();
    await dialog.waitFor({ state: "detached" });

    await tile(page, "Garden").getByRole("button", { name: "Edit Garden" }).tap();
    await page.getByRole("button", { name: "Delete", exact: true }).tap();
    await page.getByText("Delete Garden for good?").waitFor();
    await expectAccessible(page, "asked");
    await page.getByRole("button", { name: "Keep it" }).tap();
    await page.waitForFunction(() => document.activeElement?.textContent === "Delete");
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Delete camera" }).tap();
    await tile(page, "Garden").waitFor({ state: "detached" });
    expect((await listCameras()).map(({ id }) => id)).toEqual(["door"]);
  });
});

dogTest("nothing moves when cameras come, start, fail and are stopped", async () => {
  const cameras = [
    { id: "door", name: "Door" },
    { id: "yard", name: "Yard", url: "rtsp://127.0.0.1:1/" },
  ];
  await visitCameras(cameras, {}, async (page) => {
    await waitForDog(page);
    await tile(page, "Yard").locator(`.pill[data-tone="lost"]`).waitFor();
    // Pressed by a script, since browsers do not count what moves after a person has pressed.
    await page.getByRole("button", { name: "Stop Door" })
      .evaluate((button) => (button as HTMLButtonElement).click());
    await page.getByText("Turned off.").waitFor();
    expect(await movement(page)).toBeLessThan(0.01);
    await page.getByRole("link", { name: "Yard" }).click();
    await page.locator(`.pill[data-tone="lost"]`).waitFor();
    await page.locator(".curtain", { hasText: "The camera cannot be reached." }).waitFor();
    expect(await movement(page)).toBeLessThan(0.01);
  });
});

dogTest("what is wrong with a camera stands at its field", async () => {
  const tolerate = /status of 4\d\d/;
  await visitCameras([{ id: "door", name: "Door" }], { tolerate }, async (page) => {
    await page.getByRole("button", { name: "Add a camera" }).click();
    const dialog = page.getByRole("dialog");
    const save = dialog.getByRole("button", { name: "Add camera" });
    await save.click();
    await dialog.getByText("Enter the address of the camera.").waitFor();
    expect(await dialog.locator(`[aria-invalid="true"]`).count()).toBe(3);
    await expectAccessible(page, "wrong fields");
    await dialog.getByLabel("Address").fill("ftp://camera/stream");
    await dialog.getByLabel("Name").fill("Door");
    expect(await dialog.getByLabel("Id").inputValue()).toBe("door-2");
    await dialog.getByLabel("Id").fill("door");
    await save.click();
    await dialog.getByText("Another camera has this id.").waitFor();
    await dialog.getByLabel("Id").fill("door-3");
    await save.click();
    // The server's own word.
    await dialog.getByText(/Cannot use url: expected/).waitFor();
    await page.waitForFunction(() => document.activeElement?.id === "camera-url");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect((await listCameras()).length).toBe(1);
  });
});

dogTest("a camera is stopped for everyone, and started again", async () => {
  await visitCameras([{ id: "door", name: "Door" }], {}, async (page) => {
    await waitForDog(page);
    await page.getByRole("button", { name: "Stop Door" }).click();
    await page.getByText("Turned off.").waitFor();
    await tile(page, "Door").locator(`.pill[data-tone="off"]`).waitFor();
    await untilStates({ door: "idle" });
    await expectAccessible(page, "turned off");
    await page.getByRole("button", { name: "Start Door" }).click();
    await tile(page, "Door").locator(`.pill[data-tone="live"]`).waitFor();
    await waitForDog(page);
    // Started for those who look, and not kept on.
    await page.goto("about:blank");
    await untilStates({ door: "idle" });
  });
});

dogTest("a camera that is kept on goes off again by itself once that is taken back", async () => {
  await visitCameras([{ id: "door", name: "Door" }], {}, async (page) => {
    await ask("camera/door/start", "POST");
    await tile(page, "Door").getByText("kept on").waitFor();
    const grid = page.url();
    await page.getByRole("link", { name: "Door" }).click();
    const runs = page.getByLabel("Runs");
    await runs.waitFor();
    expect(await runs.inputValue()).toBe("start");
    await expectAccessible(page, "kept on");
    await runs.selectOption("Kept off");
    await page.getByText("Turned off.").waitFor();
    await runs.selectOption("While somebody looks");
    await waitForDog(page);
    await page.goto(grid);
    await page.getByRole("button", { name: "Stop Door" }).waitFor();
    expect(await tile(page, "Door").getByText("kept on").count()).toBe(0);
    await page.goto("about:blank");
    await untilStates({ door: "idle" });
  });
});

dogTest("those who may not change cameras are told so, and what to do", async () => {
  // As it comes through a proxy.
  const context = { extraHTTPHeaders: { "X-Forwarded-For": "203.0.113.9" } };
  await visitCameras([], { context }, async (page) => {
    await page.getByText("Cameras cannot be changed from here.").waitFor();
    expect(await page.getByRole("button", { name: "Add a camera" }).isDisabled()).toBe(true);
    await expectAccessible(page, "may not add");
  });
  const path = "/cameras?id=door";
  await visitCameras([{ id: "door", name: "Door" }], { context, path }, async (page) => {
    await waitForDog(page);
    await page.getByText(/Cameras cannot be changed from here\./).waitFor();
    expect(await page.getByRole("button", { name: "Edit" }).isDisabled()).toBe(true);
    await expectAccessible(page, "may not change");
  });
});

dogTest("a camera of CAMERAS_FILE is not edited, and says why", async () => {
  const url = `file://${await dogFile()}`;
  const file = `${directory?.path}/cameras.json`;
  const door = { id: "door", name: "Door", url, pipeline_id: "yolo_only" };
  await Deno.writeTextFile(file, JSON.stringify({ cameras: [door] }));
  await using server = await startServer({ PIPELINE_WORKERS: "1", CAMERAS_FILE: file });
  await visit({ url: server.url, path: "/cameras" }, async ({ page }) => {
    await tile(page, "Door").getByText("CAMERAS_FILE").waitFor();
    expect(await page.getByRole("button", { name: "Edit Door" }).count()).toBe(0);
    await page.getByRole("link", { name: "Door" }).click();
    await page.getByText("It comes from the server’s CAMERAS_FILE").waitFor();
    expect(await page.getByRole("button", { name: "Edit" }).count()).toBe(0);
    await waitForDog(page);
  });
});

dogTest("a camera that is not there is told in words", async () => {
  await visitCameras([], { path: "/cameras?id=gone", context: PHONE }, async (page) => {
    await page.getByText("There is no camera “gone”").waitFor();
    await expectAccessible(page, "no such camera");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await page.getByRole("link", { name: "All cameras" }).tap();
    await page.getByText("See what all your cameras see").waitFor();
  });
});

dogTest("a camera is played as a video, by a player that is loaded only then", async () => {
  const path = "/cameras?id=door";
  await visitCameras([{ id: "door", name: "Door" }], { path }, async (page) => {
    await waitForDog(page);
    const scripts = () =>
      page.evaluate(() =>
        performance.getEntriesByType("resource").filter(({ name }) => /\.js(\?|$)/.test(name))
          .length
      );
    const before = await scripts();
    await page.getByLabel("Watch as").selectOption("video");
    const video = page.locator("video");
    await video.waitFor();
    await until(
      "the video plays",
      () => video.evaluate((element) => (element as HTMLVideoElement).currentTime > 1),
    );
    expect(await scripts()).toBeGreaterThan(before);
    expect(await video.evaluate((element) => (element as HTMLVideoElement).videoHeight))
      .toBeGreaterThanOrEqual(360);
    await expectAccessible(page, "video");
    // The frames are not sent as well.
    await until("only players are left", async () => (await listCameras())[0]?.client_count === 1);
    await page.getByLabel("Watch as").selectOption("pictures");
    await waitForDog(page);
    await video.waitFor({ state: "detached" });
  });
});
