import type { PipelineResult } from "../../lib/protocol/result.ts";

/** What a pipeline finds in `dog.jpg`, scaled to 640×480. */
export function exampleResult(): PipelineResult {
  return {
    image: { width: 640, height: 480 },
    detections: [
      { label: "dog", class_id: 16, confidence: 0.934, bbox: [109, 182, 148, 268] },
      { label: "bicycle", class_id: 1, confidence: 0.895, bbox: [110, 110, 363, 239] },
      { label: "truck", class_id: 7, confidence: 0.457, bbox: [389, 62, 188, 81] },
    ],
    text_blocks: [{
      text: "Gate 12",
      confidence: 0.98,
      polygon: [[119, 356], [478, 307], [482, 339], [123, 388]],
      bbox: [119, 307, 363, 81],
    }],
    text: "Gate 12",
    text_frame_index: 1,
    timings_ms: { wait: 0.4, decode: 3.1, detect: 21.9, ocr: 0, total: 25.4 },
    models: { detector: "yolov8n", recognizer: null },
  };
}
