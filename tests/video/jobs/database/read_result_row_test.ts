import { expect } from "expect";
import { readResultRow } from "../../../../lib/video/jobs/database/read_result_row.ts";
import { emptyResult } from "../../results.ts";

/** The row of a result in which some fields are others. */
function read(changes: object) {
  const result = JSON.stringify({ ...emptyResult(), ...changes });
  return readResultRow({ frame_index: 3, timestamp_ms: 120, result }, 3, undefined);
}

Deno.test("stored results keep the fields that this version does not know", () => {
  const odd = { plates_frame_index: 2, mood: "good", timings_ms: { ...emptyResult().timings_ms } };
  const { result, damaged, json } = read(odd);
  expect(damaged).toBeUndefined();
  expect(result).toEqual({ ...emptyResult(), ...odd });
  expect(JSON.parse(json)).toEqual(result);
});

Deno.test("a stored result that the page would refuse, and all others of the job with it, counts as damaged", () => {
  const dog = { label: "dog", class_id: 16, confidence: 0.9, bbox: [0, 0, 1, 1] };
  const block = { text: "A", confidence: 1, polygon: [[0, 0], [1, 0], [1, 1]], bbox: [0, 0, 1, 1] };
  const changes: object[] = [
    { timings_ms: {} },
    { models: { detector: 7, recognizer: null } },
    { detections: [{ ...dog, text: 5 }] },
    { detections: [{ ...dog, confidence: 90 }] },
    { detections: [{ ...dog, track_id: -1 }] },
    { text_blocks: [block] },
    { text_frame_index: 0.5 },
    { image: { width: -1, height: 4 } },
    { quality: "best" },
  ];
  for (const change of changes) {
    expect({ change, ...read(change) }).toMatchObject({ damaged: true });
  }
  expect(read({ detections: [{ ...dog, text: "A", track_id: 0 }] }).damaged).toBeUndefined();
});
