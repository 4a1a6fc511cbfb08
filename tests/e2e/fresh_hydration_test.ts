import { expect } from "expect";
import { csp } from "fresh";
import { Builder } from "fresh/dev";
import type { Page } from "playwright-core";
import { createFixtureApp } from "../fresh/fixture/main.ts";
import type { State } from "../fresh/fixture/define.ts";
import { browserTest, launchBrowser } from "./browser.ts";

const builder = new Builder<State>({ root: new URL("../fresh/fixture", import.meta.url).href });
const applyBuild = await builder.build({ snapshot: "memory" });

/** Opens a page of the fixture, and collects what the browser complains about. */
async function withPage(
  path: string,
  fn: (page: Page, complaints: string[]) => Promise<void>,
): Promise<void> {
  const app = createFixtureApp(csp({ useNonce: true }));
  applyBuild(app);
  await using server = Deno.serve({ port: 0, onListen() {} }, app.handler());
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(`http://localhost:${server.addr.port}${path}`);
    // Each island starts in a task of its own; this one comes after theirs.
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    await fn(page, complaints);
  } finally {
    await browser.close();
  }
}

browserTest("a click in one island changes the other that shares its signal", async () => {
  await withPage("/", async (page, complaints) => {
    await page.locator("#first").click();
    await page.locator("output", { hasText: "8" }).waitFor();
    expect(await page.locator("#first").textContent()).toBe("first: 4");
    expect(await page.locator("#nested").textContent()).toBe("nested: 4");
    expect(complaints).toEqual([]);
  });
});

browserTest("islands keep the elements and the text around them", async () => {
  await withPage("/", async (page, complaints) => {
    await page.locator("#nested").click();
    await page.locator("#nested").click();
    await page.locator("output", { hasText: "10" }).waitFor();
    expect(await page.locator("main").innerHTML()).toMatch(
      /^<h1>Two islands<\/h1>.*<button .*<\/button>.*<p>before .*<output>10<\/output>.* after<\/p>$/,
    );
    expect(await page.locator("button").count()).toBe(2);
    expect(complaints).toEqual([]);
  });
});

browserTest("every kind of prop arrives in the browser", async () => {
  await withPage("/props", async (page, complaints) => {
    await page.locator("#show").click();
    expect(await page.locator("pre").textContent()).toBe([
      "undefined undefined",
      "number NaN",
      "bigint 12345678901234567890",
      "string </script><!--\u2028",
      "object Date 2026-01-02T03:04:05.000Z",
      "object Map 1,one",
      "object Set a,b",
      "object Uint8Array 1,2,255",
      "object Array 1,,3",
    ].join("\n"));
    expect(complaints).toEqual([]);
  });
});

browserTest("an island within SVG is rendered as SVG", async () => {
  await withPage("/props", async (page, complaints) => {
    const circle = page.locator("svg circle");
    await circle.click();
    expect(await circle.evaluate((element) => [element.namespaceURI, element.getAttribute("r")]))
      .toEqual(["http://www.w3.org/2000/svg", "6"]);
    expect(complaints).toEqual([]);
  });
});

browserTest("an island that fails leaves the others working", async () => {
  await withPage("/props?broken", async (page, complaints) => {
    await page.locator("#show").click();
    expect(await page.locator("pre").textContent()).toContain("number NaN");
    expect(complaints).toEqual(["Error: Broken in the browser"]);
  });
});

browserTest("an inline script with another nonce does not run", async () => {
  await withPage("/", async (page, complaints) => {
    const ran = await page.evaluate(() => {
      for (const nonce of ["", "0123456789abcdef0123456789abcdef"]) {
        const script = document.createElement("script");
        script.nonce = nonce;
        script.textContent = "globalThis.didRun = true";
        document.body.append(script);
      }
      return "didRun" in globalThis;
    });
    expect(ran).toBe(false);
    expect(complaints.length).toBe(2);
    expect(complaints[0]).toContain("Content Security Policy");
  });
});
