import { expect } from "expect";
import { tabStreamKey } from "../../../lib/client/live/tab_stream_key.ts";

Deno.test("a tab keeps its stream key over reloads, and makes another where that is spoilt", () => {
  sessionStorage.clear();
  try {
    const key = tabStreamKey();
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    expect(tabStreamKey()).toBe(key);
    sessionStorage.setItem("livesyte.stream_key", "spoilt");
    const other = tabStreamKey();
    expect(other).toMatch(/^[0-9a-f]{32}$/);
    expect(other).not.toBe(key);
  } finally {
    sessionStorage.clear();
  }
});
