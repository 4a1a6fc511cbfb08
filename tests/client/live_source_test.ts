import { expect } from "expect";
import { FileError, fileKind } from "../../lib/client/live_source.ts";

Deno.test("fileKind plays videos and shows pictures", () => {
  expect(fileKind({ name: "a.mp4", type: "video/mp4" })).toBe("video");
  expect(fileKind({ name: "a.webp", type: "image/webp" })).toBe("picture");
});

Deno.test("fileKind refuses anything else, by its name", () => {
  for (const type of ["", "application/pdf", "text/html"]) {
    expect(() => fileKind({ name: "report.pdf", type })).toThrow(FileError);
    expect(() => fileKind({ name: "report.pdf", type })).toThrow("report.pdf");
  }
});
