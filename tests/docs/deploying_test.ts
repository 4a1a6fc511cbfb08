import { validate } from "dockerfile-utils";
import { expect } from "expect";

const ROOT = new URL("../../", import.meta.url);

Deno.test("the Dockerfile is well-formed, and asks for what there is", async () => {
  const dockerfile = await Deno.readTextFile(new URL("Dockerfile", ROOT));
  expect(validate(dockerfile)).toEqual([]);
  const { default: project } = await import("../../deno.json", { with: { type: "json" } });
  const [, task = ""] = /RUN deno task (\w+)/.exec(dockerfile) ?? [];
  expect(Object.keys(project.tasks)).toContain(task);
});

Deno.test("a Dockerfile that is wrong would be noticed", () => {
  expect(validate("FORM debian\nRUN").length).toBeGreaterThan(0);
});
