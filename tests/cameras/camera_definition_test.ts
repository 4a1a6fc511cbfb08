import { expect } from "expect";
import {
  changeDefinition,
  parseDefinition,
  revealUrl,
} from "../../lib/cameras/camera_definition.ts";
import { CameraDefinitionError } from "../../lib/cameras/errors.ts";

const DOOR = {
  id: "door",
  name: "Front door",
  url: "rtsp://admin:secret@10.0.0.7/live?key=hidden",
  pipeline_id: "yolo_only",
};

/** What is said of a definition that differs in some fields. */
function complaint(changes: Record<string, unknown>, parse = parseDefinition): string {
  try {
    parse({ ...DOOR, ...changes });
    return "";
  } catch (error) {
    if (!(error instanceof CameraDefinitionError)) throw error;
    return error.message;
  }
}

Deno.test("a definition is taken, and what it leaves out is filled in", () => {
  expect(parseDefinition(DOOR)).toEqual({ ...DOOR, fps: 10, always: false, rules: [] });
  expect(parseDefinition({ ...DOOR, name: "Back door", fps: 0.5, always: true }))
    .toMatchObject({ name: "Back door", fps: 0.5, always: true });
});

Deno.test("what is wrong with a definition is told with field, value and what is allowed", () => {
  for (
    const [changes, message] of [
      [
        { id: "Front Door" },
        'Cannot use id: expected 1 to 40 lower-case letters, digits and hyphens, other than "test", got "Front Door"',
      ],
      [
        { id: "test" },
        'Cannot use id: expected 1 to 40 lower-case letters, digits and hyphens, other than "test", got "test"',
      ],
      [{ name: " " }, 'Cannot use name: expected text of 1 to 80 characters, got " "'],
      [{ name: undefined }, "Cannot use name: expected text of 1 to 80 characters, got nothing"],
      [{ fps: 0 }, "Cannot use fps: expected a number between 0.1 and 60, got 0"],
      [{ fps: "10" }, 'Cannot use fps: expected a number between 0.1 and 60, got "10"'],
      [{ always: 1 }, "Cannot use always: expected true or false, got 1"],
      [{ rules: {} }, "Cannot use rules: expected a list of rules"],
      [
        { rules: [{ id: "a", when: "enter", zone: [[0, 0], [1, 1], [1, 0], [0, 1]] }] },
        "Cannot use rules[0].zone: its edges cross or touch each other: give the corners in their order",
      ],
      [{ pipeline_id: null }, "Cannot use pipeline_id: expected the id of a pipeline, got null"],
      [
        { speed: 3 },
        'Cannot use "speed": no such field here, there are id, name, url, pipeline_id, fps, always, rules',
      ],
    ] as const
  ) expect(complaint(changes)).toBe(message);
  for (const value of [null, [], "door", 3]) {
    expect(() => parseDefinition(value)).toThrow(CameraDefinitionError);
  }
});

Deno.test("an address that cannot be used is told without its secrets", () => {
  for (
    const url of [
      "rtsp://admin:se/cret@10.0.0.7/live",
      "ftp://admin:secret@host/",
      "admin:secret@host",
      7,
    ]
  ) {
    const message = complaint({ url });
    expect(message).toMatch(/^Cannot use url: expected an rtsp, rtsps, http or https URL/);
    expect(message).not.toMatch(/secret|cret@/);
  }
});

Deno.test("a change keeps what it does not name, and the secrets that its address leaves out", () => {
  const before = parseDefinition(DOOR);
  const masked = "rtsp://***:***@10.0.0.7/live?key=***";
  expect(changeDefinition(before, { fps: 5 })).toEqual({ ...before, fps: 5 });
  expect(changeDefinition(before, { url: masked, always: true })).toEqual({
    ...before,
    always: true,
  });
  expect(changeDefinition(before, { url: "rtsp://10.0.0.8/live" }).url).toBe(
    "rtsp://10.0.0.8/live",
  );
  // The secrets of one host are not sent to another.
  for (const url of ["rtsp://***:***@10.0.0.8/live?key=***", "rtsp://***:***@10.0.0.7/live"]) {
    expect(() => changeDefinition(before, { url })).toThrow(/it holds \*\*\*/);
  }
  expect(() => changeDefinition(before, { id: "other" })).toThrow(
    /^Cannot use "id": no such field/,
  );
  expect(revealUrl(masked, before.url)).toBe(before.url);
  expect(() => revealUrl(masked)).toThrow(/it holds \*\*\*/);
});
