import { expect } from "expect";
import type { Locator, Page } from "playwright-core";
import { makeDogVideo } from "../video/media.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { dogTest, expectAccessible, visit, type VisitOptions } from "./live_page.ts";
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

/** Opens a page of a server with one camera, which sees a dog, and has the rules given. */
async function visitDog(
  rules: unknown[],
  options: VisitOptions,
  fn: (page: Page) => Promise<void>,
): Promise<void> {
  server ??= await startServer({
    PIPELINE_WORKERS: "1",
    PIPELINE_THREADS: "2",
    CAMERA_IDLE_GRACE_S: "1",
  });
  await send("camera/yard", "DELETE");
  const { events } = await (await fetch(new URL("event", server.url))).json();
  for (const { event_id } of events) await send(`event/${event_id}`, "DELETE");
  directory ??= await temporaryDirectory();
  const path = `${directory.path}/dog.mp4`;
  await Deno.stat(path).catch(() => makeDogVideo(path, 100));
  const camera = { id: "yard", name: "Yard", url: `file://${path}`, pipeline_id: "yolo_only" };
  expect(await send("camera", "POST", { ...camera, always: true, rules })).toBe(201);
  await visit({ url: server.url, ...options }, ({ page }) => fn(page));
}

async function send(path: string, method: string, body?: unknown): Promise<number> {
  const answer = await fetch(new URL(path, server?.url), {
    method,
    headers: { "Content-Type": "application/json" },
    ...body !== undefined && { body: JSON.stringify(body) },
  });
  await answer.body?.cancel();
  return answer.status;
}

/** Presses a picture at places that are shares of its size. */
async function press(picture: Locator, ...places: [x: number, y: number][]): Promise<void> {
  const box = await picture.boundingBox();
  for (const [x, y] of places) {
    await picture.click({ position: { x: (box?.width ?? 0) * x, y: (box?.height ?? 0) * y } });
  }
}

const STAYS = { id: "bench", name: "Bench", when: "dwell", classes: ["dog"], seconds: 1 };

dogTest(
  "a zone is drawn on what a camera sees, and what it notices appears with a picture, live",
  async () => {
    const options = { path: "/cameras?id=yard", tolerate: /status of 400/ };
    await visitDog([], options, async (page) => {
      await page.getByRole("button", { name: "Add a rule" }).click();
      const dialog = page.getByRole("dialog", { name: "Add a rule" });
      await expectAccessible(page, "a new rule");
      await dialog.getByRole("button", { name: "Add rule" }).click();
      await dialog.getByText("Give the rule a name.").waitFor();
      await dialog.getByLabel("Name").fill("Bench");
      await dialog.getByLabel("When").selectOption("Something stays");
      await dialog.getByLabel("Classes").fill("dgo");
      await dialog.getByRole("button", { name: "Add rule" }).click();
      await dialog.getByText(/^The pipeline yolo_only finds no "dgo": it finds "dog"/).waitFor();
      await dialog.getByLabel("Classes").fill("dog");
      await dialog.getByLabel("Seconds").fill("1");
      await dialog.getByLabel("Then silent for").fill("1");
      const picture = dialog.locator(".shape-picture");
      await press(picture, [0.05, 0.4], [0.9, 0.4]);
      await dialog.getByRole("button", { name: "Add rule" }).click();
      await dialog.getByText("A zone has at least three corners").waitFor();
      await press(picture, [0.9, 0.99], [0.05, 0.99]);
      await dialog.getByRole("button", { name: "Add rule" }).click();
      await dialog.waitFor({ state: "hidden" });
      await page.locator(".rules").getByText(/^1 inside · \d+ events?$/).waitFor();
      expect(await page.locator(".viewport .zone").count()).toBe(1);
      await expectAccessible(page, "a camera with a rule");

      await page.getByRole("link", { name: "Events" }).click();
      const cards = page.locator(".event-card");
      await cards.first().getByText("Dog stays").waitFor();
      await cards.first().getByText("Bench · Yard").waitFor();
      // Noticed while the page is open.
      const porch = { ...STAYS, id: "porch", name: "Porch" };
      expect(await send("camera/yard", "PATCH", { rules: [porch] })).toBe(200);
      await cards.first().getByText("Porch · Yard").waitFor();
      const shown = await cards.first().locator("img").evaluate(async (image) => {
        if (!(image instanceof HTMLImageElement)) return 0;
        await image.decode();
        return image.naturalWidth;
      });
      expect(shown).toBe(640);
      await expectAccessible(page, "events");
    });
  },
);

dogTest(
  "the browser tells of an event while the page is in the background, if it may",
  async () => {
    await visitDog([], { path: "/events" }, async (page) => {
      await page.context().grantPermissions(["notifications"]);
      await page.evaluate(() => {
        const told: string[] = [];
        // Nobody sees what the browser itself would show, and a page of a test is never in the background.
        globalThis.Notification = class extends Notification {
          constructor(title: string, options?: NotificationOptions) {
            super(title, options);
            told.push(`${title} (${options?.body})`);
          }
        };
        Object.assign(globalThis, { told });
        Object.defineProperty(document, "hidden", { value: true });
      });
      await page.locator(".pill").getByText("Live").waitFor();
      await page.getByRole("switch", { name: "Notify me" }).check();
      expect(await send("camera/yard", "PATCH", { rules: [STAYS] })).toBe(200);
      await page.waitForFunction(() =>
        (globalThis as unknown as { told: string[] }).told.length > 0
      );
      const told = await page.evaluate(() => (globalThis as unknown as { told: string[] }).told);
      expect(told).toEqual(["Bench: Dog stays (Yard)"]);
    });
  },
);

dogTest("a zone is drawn with the keyboard alone", async () => {
  await visitDog([], { path: "/cameras?id=yard" }, async (page) => {
    await page.getByRole("button", { name: "Add a rule", disabled: false }).press("Enter");
    const dialog = page.getByRole("dialog", { name: "Add a rule" });
    await dialog.getByLabel("Name").fill("Bench");
    const corner = dialog.getByRole("button", { name: "Add a corner" });
    for (let count = 0; count < 4; count++) {
      await corner.focus();
      await page.keyboard.press("Enter");
    }
    await dialog.getByRole("button", { name: /^Corner 4 of 4/ }).focus();
    await page.keyboard.press("Delete");
    const third = dialog.getByRole("button", { name: /^Corner 3 of 3, 75 % from the left, 75 %/ });
    await third.focus();
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowUp");
    await dialog.getByRole("button", { name: "Corner 3 of 3, 77 % from the left, 73 % from above" })
      .waitFor();
    await dialog.getByLabel("Name").press("Enter");
    await dialog.waitFor({ state: "hidden" });
    const camera = await (await fetch(new URL("camera/yard", server?.url))).json();
    expect(camera.rules).toMatchObject([{
      id: "bench",
      zone: [[0.25, 0.25], [0.75, 0.25], [0.77, 0.73]],
    }]);
  });
});

dogTest("a line is drawn with a finger, turned around, and its rule deleted again", async () => {
  await visitDog([], { path: "/cameras?id=yard", context: PHONE }, async (page) => {
    await page.getByRole("button", { name: "Add a rule" }).tap();
    const dialog = page.getByRole("dialog", { name: "Add a rule" });
    await dialog.getByLabel("Name").fill("Gate");
    await dialog.getByLabel("When").selectOption("Something crosses a line");
    await press(dialog.locator(".shape-picture"), [0.25, 0.5], [0.75, 0.5]);
    await dialog.getByRole("button", { name: "Turn around" }).tap();
    await dialog.getByRole("button", { name: /^Start, 75 %/ }).waitFor();
    await expectAccessible(page, "a line on a phone");
    await dialog.getByRole("button", { name: "Add rule" }).tap();
    await dialog.waitFor({ state: "hidden" });
    await page.locator(".rules").getByText("0 in · 0 out · 0 events").waitFor();
    await page.getByRole("button", { name: "Edit Gate" }).tap();
    await page.getByRole("dialog", { name: "Edit Gate" }).getByRole("button", { name: "Delete" })
      .tap();
    await page.getByText("None yet. A rule notices something").waitFor();
  });
});

dogTest("events are filtered, opened and deleted, on a phone too", async () => {
  await visitDog([STAYS], { path: "/events", context: PHONE }, async (page) => {
    const cards = page.locator(".event-card");
    await cards.first().waitFor({ timeout: TIMEOUT_MS });
    await page.getByLabel("Class").selectOption("dog");
    await page.getByLabel("Camera").selectOption("Yard");
    await page.getByLabel("Rule").selectOption("Bench");
    await cards.first().waitFor();
    // From now on nothing is noticed.
    expect(await send("camera/yard", "PATCH", { rules: [] })).toBe(200);
    await cards.first().getByRole("button", { name: "Dog stays" }).tap();
    const dialog = page.getByRole("dialog", { name: "Dog stays" });
    await dialog.locator(".event-box").waitFor();
    await expectAccessible(page, "one event");
    const before = await cards.count();
    await dialog.getByRole("button", { name: "Delete" }).tap();
    await dialog.waitFor({ state: "hidden" });
    await cards.nth(before - 1).waitFor({ state: "detached" });
    await page.getByLabel("Period").selectOption("The last hour");
    if (before === 1) await page.getByRole("heading", { name: "No event is like that" }).waitFor();
    const { events } = await (await fetch(new URL("event", server?.url))).json();
    expect(events.length).toBeLessThan(before);
  });
});
