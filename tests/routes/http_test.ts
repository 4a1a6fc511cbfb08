import { expect } from "expect";
import sharp from "sharp";
import type { BoundingBox } from "../../lib/protocol/geometry.ts";
import type { PipelineResult } from "../../lib/protocol/result.ts";
import { hardImages } from "../hard_images.ts";
import { readFixture } from "../read_fixture.ts";
import { MINIMAL_FRAME, RESULT } from "../streaming/simulated_stream.ts";
import { openStream, startTestServer } from "./test_server.ts";

function boxOf({ detections }: PipelineResult, label: string): BoundingBox | undefined {
  return detections.find((detection) => detection.label === label)?.bbox;
}

/** A box that differs by less than 5 pixels, as the same image's does when it was encoded anew. */
function nearly(box: BoundingBox = [NaN, NaN, NaN, NaN]) {
  return box.map((side) => expect.closeTo(side, -1));
}

Deno.test("the HTTP interface answers with real models", async (t) => {
  await using server = await startTestServer();
  const dog = await readFixture("dog.jpg");

  await t.step("GET /health tells what is alive", async () => {
    const response = await server.fetch("/health");
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      status: "healthy",
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      uptime_s: expect.any(Number),
      sessions: { active: 0, max: null },
      pipelines: expect.arrayContaining(["yolo_only"]),
      workers: [{ alive: true, last_heartbeat: expect.stringMatching(/^\d{4}-.*Z$/) }],
      device: { name: "cpu", description: "Objects are found on the CPU" },
    });
  });

  await t.step("GET /ready runs the canary", async () => {
    const response = await server.fetch("/ready");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: "ready" });
  });

  await t.step("GET /pipelines lists them", async () => {
    const { pipelines } = await (await server.fetch("/pipelines")).json();
    expect(pipelines).toEqual(expect.arrayContaining([{
      id: "yolo_only",
      name: expect.any(String),
      description: expect.any(String),
    }]));
  });

  await t.step("GET /pipelines/:id tells all of one", async () => {
    const response = await server.fetch("/pipelines/yolo_only");
    expect(await response.json()).toMatchObject({
      id: "yolo_only",
      nodes: expect.arrayContaining([{ id: "detect", step: "detect" }]),
      edges: expect.arrayContaining([{ from: "decode", to: "detect" }]),
      entry_nodes: ["decode"],
      output_nodes: ["output"],
      models: [{
        name: "yolov8n",
        file: "yolov8n.onnx",
        licence: "AGPL-3.0",
        input_size: { width: 640, height: 480 },
      }],
    });
    const unknown = await server.fetch("/pipelines/nope");
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toEqual({
      error: "invalid_pipeline",
      detail: "Unknown pipeline_id: nope",
    });
  });

  await t.step("POST /pipelines/validate tells what is wrong with a definition", async () => {
    const validate = async (body: string) =>
      await (await server.fetch("/pipelines/validate", { method: "POST", body })).json();
    const definition = await (await server.fetch("/pipelines/yolo_only")).json();
    expect(await validate(JSON.stringify(definition))).toEqual({ valid: true, errors: [] });
    definition.nodes[1].step = "teleport";
    expect(await validate(JSON.stringify(definition))).toEqual({
      valid: false,
      errors: ['Node "detect" has an unknown step "teleport"'],
    });
    expect(await validate("{")).toEqual({ error: "bad_request", detail: "Body is not JSON" });
  });

  await t.step("POST /pipelines/:id/run finds the dog in a JPEG and in a form", async () => {
    const form = new FormData();
    form.append("file", new Blob([dog], { type: "image/jpeg" }), "dog.jpg");
    const requests: RequestInit[] = [
      ...["image/jpeg", "image/jpg", "image/pjpeg", "application/octet-stream"].map((type) => ({
        method: "POST",
        body: dog,
        headers: { "Content-Type": type },
      })),
      { method: "POST", body: form },
    ];
    for (const request of requests) {
      const response = await server.fetch("/pipelines/yolo_only/run", request);
      expect(response.status).toBe(200);
      const { result } = await response.json();
      expect(result.image).toEqual({ width: 768, height: 576 });
      expect(result.detections).toEqual(
        expect.arrayContaining([expect.objectContaining({ label: "dog", class_id: 16 })]),
      );
    }
  });

  await t.step(
    "POST /pipelines/:id/run takes images as cameras and phones write them",
    async () => {
      const look = async (body: Uint8Array<ArrayBuffer>): Promise<PipelineResult> => {
        const request = { method: "POST", body, headers: { "Content-Type": "image/jpeg" } };
        return (await (await server.fetch("/pipelines/yolo_only/run", request)).json()).result;
      };
      const plain = await look(dog);
      for (const { name, bytes } of await hardImages()) {
        const result = await look(bytes);
        expect([name, result?.image]).toEqual([name, { width: 768, height: 576 }]);
        for (const label of ["dog", "bicycle"]) {
          expect([name, boxOf(result, label)]).toEqual([name, nearly(boxOf(plain, label))]);
        }
      }
    },
  );

  await t.step(
    "POST /pipelines/:id/run reads text in an image that was taken sideways",
    async () => {
      const upright = await readFixture("text.jpg");
      const sideways = await sharp(upright).rotate(-90).withMetadata({ orientation: 6 }).png()
        .toBuffer();
      const read = async (body: Uint8Array<ArrayBuffer>) => {
        const request = { method: "POST", body, headers: { "Content-Type": "image/png" } };
        return (await (await server.fetch("/pipelines/yolo_ocr/run", request)).json()).result;
      };
      const [expected, result] = [await read(upright), await read(new Uint8Array(sideways))];
      expect([result.image, result.text]).toEqual([expected.image, expected.text]);
      expect(expected.text).toContain("Hello World 2026");
      expect(result.text_blocks[0].bbox).toEqual(nearly(expected.text_blocks[0].bbox));
    },
  );

  await t.step("POST /pipelines/:id/run refuses what it cannot use, with a reason", async () => {
    const jpeg = { "Content-Type": "image/jpeg" };
    const form = new FormData();
    form.append("image", "no file");
    const refusals: [string, RequestInit, number, string][] = [
      ["/pipelines/nope/run", { body: dog, headers: jpeg }, 404, "invalid_pipeline"],
      [
        "/pipelines/yolo_only/run",
        { body: "no image", headers: { "Content-Type": "application/octet-stream" } },
        422,
        "invalid_image",
      ],
      [
        "/pipelines/yolo_only/run",
        { body: "{}", headers: { "Content-Type": "application/json" } },
        415,
        "unsupported_media_type",
      ],
      ["/pipelines/yolo_only/run", { body: form }, 400, "bad_request"],
      ["/pipelines/yolo_only/run", { body: "", headers: jpeg }, 422, "invalid_image"],
      ["/pipelines/yolo_only/run", { body: "not an image", headers: jpeg }, 422, "invalid_image"],
      [
        "/pipelines/yolo_only/run",
        { body: dog.slice(0, 50_000), headers: jpeg },
        422,
        "invalid_image",
      ],
      [
        "/pipelines/yolo_only/run",
        { body: new Uint8Array(5_242_881), headers: jpeg },
        413,
        "payload_too_large",
      ],
    ];
    for (const [path, init, status, error] of refusals) {
      const response = await server.fetch(path, { method: "POST", ...init });
      expect([response.status, (await response.json()).error]).toEqual([status, error]);
    }
  });

  await t.step("wrong methods and unknown paths are answered with JSON for programs", async () => {
    const wrongMethod = await server.fetch("/health", { method: "POST" });
    expect([wrongMethod.status, wrongMethod.headers.get("Allow")]).toEqual([405, "GET, HEAD"]);
    expect(await wrongMethod.json()).toMatchObject({ error: "method_not_allowed" });
    const unknown = await server.fetch("/pipelines/yolo_only/nothing");
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ error: "not_found" });
  });

  await t.step("unknown pages are answered with a page", async () => {
    const response = await server.fetch("/nothing-here");
    expect(response.status).toBe(404);
    expect(response.headers.get("Content-Type")).toContain("text/html");
    await response.body?.cancel();
  });

  await t.step("every answer carries the security headers", async () => {
    for (const path of ["/", "/health", "/styles/live.css", "/nothing-here"]) {
      const response = await server.fetch(path);
      await response.body?.cancel();
      expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
      expect(response.headers.get("Referrer-Policy")).toBe("no-referrer");
      const policy = response.headers.get("Content-Security-Policy") ?? "";
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).not.toContain("unsafe-inline");
    }
  });
});

Deno.test("GET /metrics counts what streams do", async () => {
  const processor = { isValidPipeline: () => true, runOnFrame: () => Promise.resolve(RESULT) };
  await using server = await startTestServer({ processor });
  const read = async () => {
    const response = await server.fetch("/metrics");
    expect(response.headers.get("Content-Type")).toContain("text/plain");
    const samples = (await response.text()).matchAll(/^([a-z_]+(?:\{[^}]*\})?) ([\d.e+-]+)$/gm);
    return new Map(Array.from(samples, ([, name, value]) => [name, Number(value)]));
  };
  const before = await read();
  const client = openStream(server, "?pipeline_id=test");
  await client.opened;
  client.send(MINIMAL_FRAME);
  await client.received(1);
  const during = await read();
  client.send("text");
  await client.closed;
  const after = await read();
  const grown = (name: string) => (after.get(name) ?? NaN) - (before.get(name) ?? 0);
  expect(during.get("stream_sessions_active")).toBe(1);
  expect(after.get("stream_sessions_active")).toBe(0);
  expect(grown("stream_sessions_total")).toBe(1);
  expect(grown("stream_frames_received_total")).toBe(1);
  expect(grown("stream_frames_processed_total")).toBe(1);
  expect(grown("stream_frames_dropped_total")).toBe(0);
  expect(grown("stream_slowdown_signals_total")).toBe(0);
  expect(grown("stream_bytes_received_total")).toBe(MINIMAL_FRAME.length);
  expect(grown('stream_errors_total{code="invalid_message"}')).toBe(1);
  expect(grown('stream_frame_seconds_count{stage="total"}')).toBe(1);
  for (
    const name of [
      "pipeline_workers_alive",
      "pipeline_queue_waiting",
      "pipeline_worker_restarts_total",
      "process_resident_memory_bytes",
      "process_cpu_seconds_total",
      "event_loop_lag_seconds_count",
    ]
  ) {
    expect([name, after.has(name)]).toEqual([name, true]);
  }
});
