/** What a browser tells about a page: frames, movements of what is shown, and how long interactions take. */

import type { Page } from "playwright-core";

/** What a browser has seen of a page. */
export interface PageReport {
  /** Sum of the scores of all layout shifts that no input has caused. */
  layoutShift: number;
  /** Milliseconds from each interaction to the next paint, in steps of 8; those below 16 are left out. */
  interactions: number[];
}

/** Begins to watch a page; before it is opened. */
export async function watchPage(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const report: PageReport = { layoutShift: 0, interactions: [] };
    Object.assign(globalThis, { pageReport: report });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { value, hadRecentInput } = entry as unknown as LayoutShift;
        if (!hadRecentInput) report.layoutShift += value;
      }
    }).observe({ type: "layout-shift", buffered: true });
    const options = { type: "event", buffered: true, durationThreshold: 16 };
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const { interactionId } = entry as unknown as { interactionId: number };
        if (interactionId > 0) report.interactions.push(entry.duration);
      }
    }).observe(options);
  });
}

/** As browsers that score layout shifts report them. */
interface LayoutShift {
  value: number;
  hadRecentInput: boolean;
}

/** What has been seen since {@linkcode watchPage}. */
export async function readReport(page: Page): Promise<PageReport> {
  return await page.evaluate(() =>
    (globalThis as unknown as { pageReport: PageReport }).pageReport
  );
}

/** Milliseconds between the frames that a page shows within a time. */
export async function frameGaps(page: Page, milliseconds: number): Promise<number[]> {
  return await page.evaluate((milliseconds) =>
    new Promise<number[]>((resolve) => {
      const gaps: number[] = [];
      const start = performance.now();
      let before = NaN;
      const note = (now: number) => {
        if (!Number.isNaN(before)) gaps.push(now - before);
        before = now;
        if (now - start < milliseconds) requestAnimationFrame(note);
        else resolve(gaps);
      };
      requestAnimationFrame(note);
    }), milliseconds);
}

/** Bytes of scripts that a page has loaded, as they came over the wire. */
export async function scriptBytes(page: Page): Promise<number> {
  return await page.evaluate(() =>
    (performance.getEntriesByType("resource") as PerformanceResourceTiming[])
      .filter(({ name }) => new URL(name).pathname.endsWith(".js"))
      .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)
  );
}
