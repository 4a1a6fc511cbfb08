import { expect } from "expect";
import fc from "fast-check";
import { rectangleCorners } from "../../lib/ocr/geometry.ts";
import { joinWords } from "../../lib/ocr/join_words.ts";
import { orderLines } from "../../lib/ocr/order_lines.ts";

function line(name: string, x: number, y: number, width: number, height = 10, angle = 0) {
  const center: [number, number] = [x + width / 2, y + height / 2];
  return { name, score: 0.9, polygon: rectangleCorners({ center, width, height, angle }) };
}

const namesOf = (lines: { name: string }[]) => lines.map(({ name }) => name);

Deno.test("orderLines reads rows from the top and each from the left", () => {
  const lines = [
    line("d", 60, 41, 20),
    line("b", 60, 2, 20),
    line("a", 0, 0, 20),
    line("c", 0, 40, 20),
  ];
  expect(namesOf(orderLines(lines))).toEqual(["a", "b", "c", "d"]);
});

Deno.test("orderLines reads columns of running text one after the other, below their headline", () => {
  const lines = [
    line("headline", 20, 0, 200),
    ...[20, 35, 50, 65].flatMap((y) => [line(`l${y}`, 0, y, 100), line(`r${y}`, 130, y, 100)]),
    line("footer", 10, 90, 200),
  ];
  expect(namesOf(orderLines(lines.toReversed()))).toEqual(
    ["headline", "l20", "l35", "l50", "l65", "r20", "r35", "r50", "r65", "footer"],
  );
});

Deno.test("orderLines reads a form of short fields row by row", () => {
  const lines = [0, 20, 40, 60].flatMap((
    y,
  ) => [line(`l${y}`, 0, y, 40), line(`r${y}`, 130, y, 40)]);
  expect(namesOf(orderLines(lines.toReversed()))).toEqual(
    ["l0", "r0", "l20", "r20", "l40", "r40", "l60", "r60"],
  );
});

Deno.test("orderLines reads a turned page as if it were level", () => {
  const angle = 0.35;
  const turn = (x: number, y: number): [number, number] => [
    x * Math.cos(angle) - y * Math.sin(angle),
    x * Math.sin(angle) + y * Math.cos(angle),
  ];
  const turned = (name: string, x: number, y: number) => ({
    name,
    polygon: rectangleCorners({ center: turn(x, y), width: 40, height: 10, angle }),
  });
  const lines = [turned("b", 300, 0), turned("d", 300, 20), turned("a", 0, 0), turned("c", 0, 20)];
  expect(namesOf(orderLines(lines))).toEqual(["a", "b", "c", "d"]);
});

Deno.test("orderLines reads lines that run up from the left, and those that run down from the right", () => {
  // Three lines side by side, each 100 long.
  const run = (name: string, x: number, angle: number) => ({
    name,
    polygon: rectangleCorners({ center: [x, 80], width: 100, height: 10, angle }),
  });
  const lines = (angle: number) => [run("b", 40, angle), run("c", 60, angle), run("a", 20, angle)];
  expect(namesOf(orderLines(lines(-Math.PI / 2)))).toEqual(["a", "b", "c"]);
  expect(namesOf(orderLines(lines(Math.PI / 2)))).toEqual(["c", "b", "a"]);
});

Deno.test("orderLines reads an upside-down page from its own top", () => {
  // Angles on both sides of the half turn.
  const lines = [["a", 40, 3.1], ["c", 0, -3.1], ["b", 20, 3.14]].map(([name, y, angle]) => ({
    name: String(name),
    polygon: rectangleCorners({
      center: [80, Number(y)],
      width: 90,
      height: 10,
      angle: Number(angle),
    }),
  }));
  expect(namesOf(orderLines(lines))).toEqual(["a", "b", "c"]);
});

Deno.test("orderLines reads a turned line beside upright ones first where it stands left of them", () => {
  const spine = {
    name: "spine",
    polygon: rectangleCorners({ center: [5, 50], width: 100, height: 10, angle: -Math.PI / 2 }),
  };
  const lines = [spine, line("b", 30, 60, 150), line("a", 30, 20, 150)];
  expect(namesOf(orderLines(lines))).toEqual(["spine", "a", "b"]);
});

Deno.test("orderLines gives each line once", () => {
  const any = fc.tuple(fc.nat(300), fc.nat(300), fc.integer({ min: 1, max: 200 }));
  fc.assert(fc.property(fc.array(any, { maxLength: 25 }), (places) => {
    const lines = places.map(([x, y, width], index) => line(String(index), x, y, width));
    expect(new Set(orderLines(lines))).toEqual(new Set(lines));
    expect(orderLines(lines)).toHaveLength(lines.length);
  }));
});

Deno.test("joinWords joins words with a space between them", () => {
  const joined = joinWords([line("a", 0, 0, 40), line("b", 45, 1, 30), line("c", 80, 0, 20)]);
  expect(joined).toHaveLength(1);
  const [[left = 0] = [], [right = 0] = []] = joined[0]?.polygon ?? [];
  expect([Math.round(left), Math.round(right)]).toEqual([0, 100]);
});

Deno.test("joinWords leaves columns, rows and sizes apart", () => {
  expect(joinWords([line("a", 0, 0, 40), line("b", 50, 0, 40)])).toHaveLength(2);
  expect(joinWords([line("a", 0, 0, 40), line("b", 0, 12, 40)])).toHaveLength(2);
  expect(joinWords([line("a", 0, 0, 40, 20), line("b", 44, 5, 40, 10)])).toHaveLength(2);
});

Deno.test("joinWords leaves turned lines and columns side by side apart", () => {
  expect(joinWords([line("a", 0, 0, 10, 100), line("b", 30, 0, 10, 100)])).toHaveLength(2);
  // Short words, which are not much taller than wide, and gaps as wide as between words.
  expect(joinWords([line("a", 0, 0, 20, 50), line("b", 40, 0, 20, 50)])).toHaveLength(2);
  // Two narrow letters of one word.
  expect(joinWords([line("a", 0, 0, 8, 20), line("b", 10, 0, 8, 20)])).toHaveLength(1);
});

Deno.test("joinWords joins the parts of a line that runs up or down", () => {
  const [joined, ...others] = joinWords([
    line("a", 0, 0, 10, 60),
    line("b", 1, 64, 10, 12),
    line("c", 0, 81, 10, 30),
  ]);
  expect(others).toEqual([]);
  const corners = joined?.polygon.map(([x, y]) => `${Math.round(x)},${Math.round(y)}`);
  expect(corners).toEqual(["0,0", "11,0", "11,111", "0,111"]);
});

Deno.test("joinWords keeps the upright letters of a list apart", () => {
  expect(joinWords([0, 20, 40].map((y) => line("1", 0, y, 9, 15)))).toHaveLength(3);
});
