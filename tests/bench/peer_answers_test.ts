import { expect } from "expect";
import {
  DescriptionSchema,
  DetectionsSchema,
  MeasurementSchema,
  parseAnswer,
} from "../../bench/comparison/peer_answers.ts";

Deno.test("parseAnswer reads what peers answer", () => {
  expect(parseAnswer(DescriptionSchema, '{"version": "1.2", "labels": ["dog"]}', "a peer"))
    .toEqual({ version: "1.2", labels: ["dog"] });
  expect(parseAnswer(DescriptionSchema, '{"version": "1.2"}', "a peer"))
    .toEqual({ version: "1.2", labels: [] });
  expect(parseAnswer(DescriptionSchema, '{"unavailable": "it is too old"}', "a peer"))
    .toEqual({ unavailable: "it is too old" });
  expect(parseAnswer(MeasurementSchema, '{"ms": [1.5, 2], "cpu_ms": 4}', "a peer"))
    .toEqual({ ms: [1.5, 2], cpu_ms: 4 });
  const found = { size: [640, 480], detections: [[16, 0.9, 1, 2, 30, 40]] };
  expect(parseAnswer(DetectionsSchema, JSON.stringify(found), "a peer")).toEqual(found);
});

Deno.test("parseAnswer tells what a peer answered that makes no sense", () => {
  for (const line of ["Downloading weights...", "", "null", '{"ms": "1"}', '{"ms": [NaN]}']) {
    expect(() => parseAnswer(MeasurementSchema, line, "RapidOCR"))
      .toThrow(`Cannot understand RapidOCR: it answered ${JSON.stringify(line)}`);
  }
  const [box] = [[16, 0.9, 1, 2, 30]];
  const line = JSON.stringify({ size: [640, 480], detections: [box] });
  expect(() => parseAnswer(DetectionsSchema, line, "RapidOCR")).toThrow("Cannot understand");
});
