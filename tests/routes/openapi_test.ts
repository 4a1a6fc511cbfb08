import { Validator } from "@seriousme/openapi-schema-validator";
import addFormats from "ajv-formats";
import Ajv2020 from "ajv/dist/2020.js";
import { expect } from "expect";
import * as v from "valibot";
import type { OpenApiDocument } from "../../lib/reference/open_api_document.ts";
import { ServerMessageSchema } from "../../lib/protocol/stream.ts";
import { moment, until } from "../events/moments.ts";
import { readFixture } from "../read_fixture.ts";
import { DOG_URL } from "../cameras/camera_server.ts";
import { RESULT } from "../streaming/simulated_stream.ts";
import { openStream, startTestServer, TestClient, type TestServer } from "./test_server.ts";

const ROUTES = new URL("../../routes/", import.meta.url);
const PROCESSOR = {
  isValidPipeline: () => true,
  runOnFrame: () => Promise.resolve(RESULT),
};

/** Paths of the files in `routes/`, such as `/sessions/{id}`. */
function routePaths(folder = ROUTES, prefix = "/"): string[] {
  const paths: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) {
      paths.push(...routePaths(new URL(`${encodeURI(name)}/`, folder), `${prefix}${name}/`));
    } else if (!name.startsWith("_")) {
      const path = `${prefix}${name.replace(/\.tsx?$/, "")}`;
      paths.push(path.replace(/\/index$/, "").replace(/\[(\w+)\]/g, "{$1}") || "/");
    }
  }
  return paths;
}

async function readDocument(server: TestServer): Promise<OpenApiDocument> {
  return await (await server.fetch("/openapi.json")).json();
}

/** Methods that a path of the interface takes, as it says itself when asked with another. */
async function allowedMethods(server: TestServer, path: string): Promise<string[]> {
  const response = await server.fetch(path.replace(/{\w+}/g, "x"), { method: "PUT" });
  await response.body?.cancel();
  const allowed = response.headers.get("Allow")?.split(", ").filter((name) => name !== "HEAD");
  return (allowed ?? []).map((name) => name.toLowerCase()).sort();
}

Deno.test("the OpenAPI document has the paths and methods of routes/ and no other", async () => {
  await using server = await startTestServer({ processor: PROCESSOR });
  const { paths } = await readDocument(server);
  expect(Object.keys(paths).sort()).toEqual(routePaths().sort());
  for (const [path, methods] of Object.entries(paths)) {
    expect([path, await allowedMethods(server, path)])
      .toEqual([path, Object.keys(methods).sort()]);
  }
});

Deno.test("paths of the OpenAPI document ask for the token where it says so", async () => {
  const environment = { STREAM_AUTH_TOKEN: "secret" };
  await using server = await startTestServer({ environment, processor: PROCESSOR });
  const { paths } = await readDocument(server);
  for (const [path, methods] of Object.entries(paths)) {
    for (const [name, { security }] of Object.entries(methods)) {
      const headers = path.startsWith("/ws/") ? { Upgrade: "websocket" } : {};
      const init = { method: name.toUpperCase(), headers };
      const response = await server.fetch(path.replaceAll(/{\w+}/g, "x"), init);
      await response.body?.cancel();
      expect([path, response.status === 401]).toEqual([path, security !== undefined]);
    }
  }
});

Deno.test("what a server answers is as the OpenAPI document describes it", async () => {
  await using server = await startTestServer();
  const { components } = await readDocument(server);
  const ajv = new Ajv2020.default({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ $id: "document", components });
  const check = (name: string, value: unknown) => {
    const validate = ajv.getSchema(`document#/components/schemas/${name}`);
    if (validate === undefined) throw new Error(`Cannot find the schema ${name}`);
    validate(value);
    expect([name, validate.errors]).toEqual([name, null]);
  };
  const get = async (path: string) => await (await server.fetch(path)).json();

  check("Health", await get("/health"));
  check("Ready", await get("/ready"));
  check("PipelineList", await get("/pipelines"));
  check("Pipeline", await get("/pipelines/yolo_ocr"));
  check("StepList", await get("/pipelines/steps"));
  check("ErrorAnswer", await get("/pipelines/none"));
  check("JobList", await get("/video/jobs"));
  const camera = { id: "dog", name: "Dog", url: DOG_URL, pipeline_id: "yolo_only" };
  const added = await server.fetch("/camera", { method: "POST", body: JSON.stringify(camera) });
  check("CameraView", await added.json());
  check("CameraList", await get("/camera"));
  const test = async (url: string) =>
    await (await server.fetch("/camera/test", { method: "POST", body: JSON.stringify({ url }) }))
      .json();
  check("CameraSeen", await test(DOG_URL));
  check("CameraUnseen", await test("/dev/video99"));
  const viewer = new TestClient(`ws://${server.host}/ws/cameras/dog`);
  await viewer.received(5);
  for (const message of viewer.messages) check("ViewerMessage", message);
  check("SessionList", await get("/sessions"));
  await viewer.close();
  server.services.events.record(moment());
  await until(async () => (await server.services.events.list({ limit: 1 })).length === 1);
  const { events } = await get("/event");
  check("EventList", { events });
  check("LiveEvent", await get(`/event/${events[0].event_id}`));
  const cleared = await server.fetch("/video/jobs?status=all", { method: "DELETE" });
  check("Cleared", await cleared.json());
  const client = openStream(server, "?pipeline_id=yolo_only");
  await client.opened;
  client.send(await readFixture("dog.jpg"));
  const [message] = await client.received(1);
  check("ServerMessage", message);
  expect(v.is(ServerMessageSchema, message)).toBe(true);
  expect(message).toHaveProperty("result");
  const { sessions } = await get("/sessions");
  check("SessionList", { sessions });
  check("Session", await get(`/sessions/${sessions[0].session_id}`));
  await client.close();
  const post = async (path: string, body: BodyInit, type: string) =>
    await (await server.fetch(path, { method: "POST", body, headers: { "Content-Type": type } }))
      .json();
  const dog = await readFixture("dog.jpg");
  check("Run", await post("/pipelines/yolo_ocr/run", dog, "image/jpeg"));
  check("Validation", await post("/pipelines/validate", "{}", "application/json"));
});

Deno.test("the OpenAPI document is valid OpenAPI 3.1", async () => {
  await using server = await startTestServer({ processor: PROCESSOR });
  const document = await readDocument(server);
  expect(document.openapi).toMatch(/^3\.1\./);
  const validator = new Validator();
  expect(await validator.validate(structuredClone(document) as unknown as Record<string, unknown>))
    .toEqual({ valid: true });
  // A document that is wrong would be noticed.
  const wrong = { ...document, paths: { health: {} } };
  expect((await validator.validate(wrong)).valid).toBe(false);
});

Deno.test("parameters of the OpenAPI document have the types that they have", async () => {
  await using server = await startTestServer({ processor: PROCESSOR });
  const { paths } = await readDocument(server);
  const parametersOf = (path: string, method: string) => {
    const parameters = paths[path]?.[method]?.parameters as readonly {
      name: string;
      schema: unknown;
    }[];
    return Object.fromEntries(parameters.map(({ name, schema }) => [name, schema]));
  };
  expect(parametersOf("/video/results/{id}", "get")).toEqual({
    id: { type: "string", format: "uuid" },
    format: { type: "string", enum: ["json", "jsonl", "csv"], default: "json" },
    offset: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
    limit: { type: "integer", minimum: 1, maximum: 1000, default: 100 },
  });
  expect(parametersOf("/video/submit", "post")).toEqual({
    pipeline_id: { type: "string", default: "yolo_ocr" },
    frame_stride: { type: "integer", minimum: 1, maximum: 100_000_000, default: 1 },
    max_frames: { type: "integer", minimum: 0, maximum: 100_000_000, default: 0 },
  });
  expect(parametersOf("/pipelines/{id}/run", "post")).toEqual({ id: { type: "string" } });
});
