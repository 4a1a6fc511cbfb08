import { expect } from "expect";
import { normalizeText } from "../../lib/ocr/normalize_text.ts";

Deno.test("normalizeText takes wide forms back in Latin text", () => {
  expect(normalizeText("Ｔｏｔａｌ：５（incl．　VAT）！")).toBe("Total:5(incl. VAT)!");
  expect(normalizeText("25 ℃, ￥300")).toBe("25 °C, ¥300");
  expect(normalizeText("25 °℃, 77°℉")).toBe("25 °C, 77°F");
});

Deno.test("normalizeText keeps wide forms among Chinese and Japanese characters", () => {
  expect(normalizeText("价格：１２８元（含税）")).toBe("价格：１２８元（含税）");
  expect(normalizeText("コーヒー：￥380")).toBe("コーヒー：￥380");
  expect(normalizeText("出口　東")).toBe("出口 東");
});

Deno.test("normalizeText leaves signs alone that only look like a form of another", () => {
  expect(normalizeText("x² ½ № ™ ﬁ … Ⅳ")).toBe("x² ½ № ™ ﬁ … Ⅳ");
});
