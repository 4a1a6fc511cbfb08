import { expect } from "expect";
import type { Page } from "playwright-core";
import {
  DOG_IMAGE,
  dogTest,
  expectAccessible,
  openFile,
  startCamera,
  visit,
  waitForDog,
} from "./live_page.ts";

/** Presses a button that saves a file, and returns its name and its content. */
async function save(page: Page, button: string): Promise<{ name: string; text: string }> {
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: button, exact: true }).click();
  const file = await download;
  return { name: file.suggestedFilename(), text: await Deno.readTextFile(await file.path()) };
}

dogTest(
  "what was found since the start can be saved as CSV and as JSON lines, also after the end",
  async (camera) => {
    await visit({ camera }, async ({ page }) => {
      const csv = page.getByRole("button", { name: "CSV", exact: true });
      expect(await csv.isDisabled()).toBe(true);
      await startCamera(page);
      await waitForDog(page);
      await page.getByText(/^\d\d frames$/).waitFor();
      await expectAccessible(page, "with results to save");
      await page.getByRole("button", { name: "Stop", exact: true }).click();
      const jsonl = await save(page, "JSON lines");
      expect(jsonl.name).toMatch(/^livesyte .* results\.jsonl$/);
      const results = jsonl.text.trim().split("\n").map((line) => JSON.parse(line));
      expect(results.length).toBeGreaterThanOrEqual(10);
      expect(results[0]).toMatchObject({ frame_index: 1, timestamp_ms: 0 });
      expect(results.at(-1).timestamp_ms).toBeGreaterThan(300);
      const table = await save(page, "CSV");
      expect(table.name).toMatch(/ results\.csv$/);
      const [head, ...rows] = table.text.trim().split("\r\n");
      expect(head).toMatch(/^frame_index,timestamp_ms,kind,label,/);
      expect(rows.filter((row) => /^\d+,\d+,object,dog,/.test(row)).length).toBeGreaterThan(5);
      // Another stream begins anew.
      await openFile(page, DOG_IMAGE);
      await waitForDog(page);
      const [first = ""] = (await save(page, "JSON lines")).text.split("\n");
      expect(JSON.parse(first)).toMatchObject({ frame_index: 1, timestamp_ms: 0 });
    });
  },
);
