import { expect } from "expect";
import { ApiError } from "../../lib/http/api.ts";
import { BodyReader } from "../../lib/http/body_reader.ts";
import { withImage } from "../../lib/http/image_body.ts";
import { MemoryBudget } from "../../lib/streaming/memory_budget.ts";

const MAX_BYTES = 300_000;
const BROKEN = [400, "bad_request", "The form has no part named file that holds an image"];

/** What becomes of a form: the image, or the error. */
async function take(form: BodyInit, boundary?: string): Promise<unknown> {
  const headers: HeadersInit = boundary === undefined
    ? {}
    : { "Content-Type": `multipart/form-data; boundary=${boundary}` };
  const request = new Request("http://localhost/", { method: "POST", body: form, headers });
  const bodies = new BodyReader(new MemoryBudget(10 * MAX_BYTES));
  return await withImage(bodies, request, MAX_BYTES, (image) => Promise.resolve(image))
    .catch((error) =>
      error instanceof ApiError ? [error.status, error.code, error.message] : error
    );
}

function part(name: string, fileName: string | undefined, content: string): string {
  const file = fileName === undefined ? "" : `; filename="${fileName}"`;
  return `--b\r\nContent-Disposition: form-data; name="${name}"${file}\r\n\r\n${content}\r\n`;
}

Deno.test("an image is taken out of a form, wherever it stands there", async () => {
  const image = crypto.getRandomValues(new Uint8Array(60_000));
  const form = new FormData();
  form.append("note", "before the image");
  form.append("other", new Blob(["another file"]), "a.txt");
  form.append("file", new Blob([image]), "dog.jpg");
  form.append("file", new Blob(["a second one"]), "b.txt");
  form.append("note", "x".repeat(2000));
  expect(await take(form)).toEqual(image);
});

Deno.test("an empty file in a form is an empty image", async () => {
  expect(await take(`${part("file", "a", "")}--b--\r\n`, "b")).toEqual(new Uint8Array());
});

Deno.test("a form without an image, or that breaks off, is refused", async () => {
  for (
    const form of [
      "",
      "--b--\r\n",
      `${part("file", undefined, "text")}--b--\r\n`,
      part("file", "a", "x"),
    ]
  ) {
    expect([form, await take(form, "b")]).toEqual([form, BROKEN]);
  }
  expect(await take(`${part("file", "a", "x")}--b--\r\n`, "c")).toEqual(BROKEN);
  expect(await take("--\r\n", "")).toEqual(BROKEN);
});

Deno.test("an image in a form may be as large as any other", async () => {
  const form = new FormData();
  form.append("file", new Blob([new Uint8Array(MAX_BYTES)]), "a");
  expect(await take(form)).toHaveLength(MAX_BYTES);
  form.set("file", new Blob([new Uint8Array(MAX_BYTES + 1)]), "a");
  const tooLarge = `Body exceeds the limit of ${MAX_BYTES} bytes`;
  expect(await take(form)).toEqual([413, "payload_too_large", tooLarge]);
});

Deno.test("a form of thousands of parts is given up after the first of them", async () => {
  const form = `${part("note", undefined, "").repeat(5000)}${part("file", "a", "x")}--b--\r\n`;
  expect(await take(form, "b")).toEqual([400, "bad_request", "The form has more than 16 parts"]);
});
