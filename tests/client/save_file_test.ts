import { expect } from "expect";
import { fileName } from "../../lib/client/save_file.ts";

Deno.test("fileName tells when a file was made, and sorts by it", () => {
  const madeAt = new Date(2026, 4, 1, 14, 3, 9);
  expect(fileName(madeAt, "webm")).toBe("livesyte 2026-05-01 14.03.09.webm");
  expect(fileName(madeAt, "png", "frame 42")).toBe("livesyte 2026-05-01 14.03.09 frame 42.png");
});
