import { expect } from "expect";
import type { Page } from "playwright-core";
import { DOG_VIDEO } from "../video/media.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { dogTest, expectAccessible, visit } from "./live_page.ts";
import { type ServerProcess, startServer } from "./server.ts";

const DOG_RULE = { id: "dog", name: "The dog is back", when: "count", classes: ["dog"] };

let server: ServerProcess | undefined;

Deno.test.afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
});

/** Opens the page of a server that has a set of rules. */
async function visitVideos(
  fn: (page: Page, folder: string) => Promise<void>,
  context = {},
): Promise<void> {
  await using directory = await temporaryDirectory();
  const { path } = directory;
  const rulesFile = `${path}/sets.json`;
  await Deno.writeTextFile(rulesFile, JSON.stringify({ sets: { garden: [DOG_RULE] } }));
  server ??= await startServer({
    ...{ PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2", RULES_FILE: rulesFile },
  });
  const tolerate = /the server responded with a status of 400/;
  await visit({ url: server.url, path: "/videos", tolerate, context }, async ({ page }) => {
    await page.getByRole("combobox", { name: "Pipeline" }).selectOption("yolo_only");
    await fn(page, path);
  });
}

async function chooseRules(page: Page, folder: string, text: string): Promise<void> {
  const path = `${folder}/rules.json`;
  await Deno.writeTextFile(path, text);
  await page.locator(".upload input[type=file][accept*=json]").setInputFiles(path);
}

async function chooseVideo(page: Page, path: string): Promise<void> {
  await page.locator(".upload input[type=file][accept*=video]").setInputFiles(path);
}

dogTest("rules of a file, chosen with the keyboard, notice something in a video", async () => {
  await visitVideos(async (page, folder) => {
    const send = page.locator(".upload").getByRole("button", { name: "Choose a video" });
    await page.getByRole("combobox", { name: "Rules" }).focus();
    await page.keyboard.press("ArrowDown");
    expect(await send.isDisabled()).toBe(true);
    const note = page.locator(".rules-note");
    await note.getByText("A list of rules as JSON.").waitFor();
    await expectAccessible(page, "rules are to be chosen");
    await page.keyboard.press("Tab");
    const [chooser] = await Promise.all([
      page.waitForEvent("filechooser"),
      page.keyboard.press("Enter"),
    ]);
    const path = `${folder}/rules.json`;
    await Deno.writeTextFile(path, "[{]");
    await chooser.setFiles(path);
    await note.getByText("The file is not JSON.").waitFor();
    await expectAccessible(page, "rules cannot be used");
    await chooseRules(page, folder, JSON.stringify({ sets: {} }));
    await note.getByText("The file has to hold a list of rules: [ … ].").waitFor();
    expect(await send.isDisabled()).toBe(true);
    await chooseRules(page, folder, JSON.stringify([DOG_RULE]));
    await note.getByText("1 rule").waitFor();
    await page.getByRole("button", { name: "rules.json" }).waitFor();
    await chooseVideo(page, DOG_VIDEO);
    await page.locator(".tracks li", { hasText: "The dog is back" }).waitFor();
    await expectAccessible(page, "rules have noticed something");
  });
});

dogTest("rules that the server refuses are told of before the video has gone there", async () => {
  await visitVideos(async (page, folder) => {
    const path = `${folder}/long.mp4`;
    await Deno.writeFile(path, new Uint8Array(40_000_000));
    const session = await page.context().newCDPSession(page);
    await session.send("Network.emulateNetworkConditions", {
      ...{ offline: false, latency: 0, downloadThroughput: -1 },
      // It would take longer than the test waits.
      uploadThroughput: 400_000,
    });
    await page.getByRole("combobox", { name: "Rules" }).selectOption("file");
    await chooseRules(page, folder, JSON.stringify([{ ...DOG_RULE, classes: ["dgo"] }]));
    await chooseVideo(page, path);
    const notice = page.locator(".notice");
    await notice.getByText(/Cannot use rules\[0\]\.classes\[0\]: .* finds no "dgo"/).waitFor();
    await notice.getByText("Choose other rules, then the video again.").waitFor();
    expect(await page.getByRole("button", { name: "Upload long.mp4 again" }).count()).toBe(0);
    await expectAccessible(page, "rules are refused");
  });
});

dogTest("a set of the server's rules is named by touch on a phone", async () => {
  const context = { viewport: { width: 390, height: 844 }, hasTouch: true };
  await visitVideos(async (page) => {
    await page.getByRole("combobox", { name: "Rules" }).selectOption("set");
    const name = page.getByRole("textbox", { name: "Name of the set" });
    await expectAccessible(page, "a set is to be named");
    await name.tap();
    await name.fill("yard");
    await chooseVideo(page, DOG_VIDEO);
    await page.locator(".notice").getByText("Cannot use rules").waitFor();
    await name.fill(" garden ");
    await chooseVideo(page, DOG_VIDEO);
    await page.locator(".tracks li", { hasText: "The dog is back" }).waitFor();
    await expectAccessible(page, "a set has noticed something");
  }, context);
});
