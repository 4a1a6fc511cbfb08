import { expect } from "expect";
import sharp from "sharp";

const STATIC = new URL("../../static/", import.meta.url);

Deno.test("the page can be installed: its manifest names icons that are there, in their sizes", async () => {
  const manifest = JSON.parse(await Deno.readTextFile(new URL("manifest.webmanifest", STATIC)));
  expect(manifest).toMatchObject({ name: "livesyte", display: "standalone", start_url: "." });
  const sizes = [];
  for (const { src, sizes: told, type } of manifest.icons) {
    const bytes = await Deno.readFile(new URL(src, STATIC));
    sizes.push(told);
    if (type === "image/svg+xml") continue;
    const { width, height, format } = await sharp(bytes).metadata();
    expect([type, told]).toEqual([`image/${format}`, `${width}x${height}`]);
  }
  // What browsers ask for before they offer to install a page.
  expect(sizes).toEqual(expect.arrayContaining(["192x192", "512x512"]));
});
