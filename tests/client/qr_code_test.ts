import { expect } from "expect";
import { qrCode } from "../../lib/client/qr_code.ts";

Deno.test("qrCode draws every module of the code once, within a white border", () => {
  const { size, path } = qrCode("https://192.168.1.20:8000/watch?session_id=a&token=b");
  const modules = [...path.matchAll(/M(\d+) (\d+)h1v1h-1z/g)];
  expect(modules.map(([text]) => text).join("")).toBe(path);
  const places = modules.map(([, x, y]) => [Number(x), Number(y)] as const);
  expect(new Set(places.map(String)).size).toBe(places.length);
  for (const place of places.flat()) {
    expect(place).toBeGreaterThanOrEqual(2);
    expect(place).toBeLessThan(size - 2);
  }
  // The finder patterns of the upper corners: seven dark modules in a row.
  const row = new Set(places.filter(([, y]) => y === 2).map(([x]) => x));
  for (const start of [2, size - 9]) {
    expect([0, 1, 2, 3, 4, 5, 6].every((offset) => row.has(start + offset))).toBe(true);
  }
});
