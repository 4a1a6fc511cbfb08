import { expect } from "expect";
import {
  addCamera,
  cameraPage,
  cameraSocketUrl,
  cameraVideoUrl,
  fetchCameras,
  testCamera,
} from "../../../lib/client/cameras/camera_api.ts";
import { explainCameraError } from "../../../lib/client/cameras/camera_library.ts";
import { ApiError } from "../../../lib/client/server_api.ts";
import { exampleCamera } from "./example_camera.ts";

const SETTINGS = {
  id: "yard",
  name: "Yard",
  url: "rtsp://a/b",
  pipeline_id: "yolo_only",
  fps: 10,
  always: false,
};

/** A server that answers everything with this. */
function answerWith(answer: unknown, status = 200): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, onListen() {} }, () => Response.json(answer, { status }));
}

function pageOf({ addr }: Deno.HttpServer<Deno.NetAddr>): string {
  return `http://127.0.0.1:${addr.port}/cameras`;
}

Deno.test("the list of cameras is taken as its schema says, and refused otherwise", async () => {
  const list = { cameras: [exampleCamera()], can_change: true };
  {
    await using server = answerWith(list);
    expect(await fetchCameras(pageOf(server))).toEqual(list);
  }
  await using server = answerWith({ cameras: [{ ...exampleCamera(), state: "lost" }] });
  await expect(fetchCameras(pageOf(server))).rejects.toThrow("invalid_answer");
});

Deno.test("an error of the server keeps its field", async () => {
  const answer = { error: "camera_exists", detail: "There is a camera yard", field: "id" };
  await using server = answerWith(answer, 409);
  const error = await addCamera(pageOf(server), SETTINGS).catch((error) => error);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ code: "camera_exists", field: "id" });
  expect(explainCameraError(error).title).toBe("There is a camera yard");
  expect(explainCameraError(new ApiError("forbidden")).remedy).toContain("STREAM_AUTH_TOKEN");
});

Deno.test("a test that is given up ends as such", async () => {
  const { promise: answer, resolve } = Promise.withResolvers<Response>();
  await using server = Deno.serve({ port: 0, onListen() {} }, () => answer);
  const abort = new AbortController();
  const outcome = testCamera(pageOf(server), { url: "rtsp://a/b" }, abort.signal);
  setTimeout(() => abort.abort(), 50);
  await expect(outcome).rejects.toMatchObject({ code: "aborted" });
  resolve(new Response());
});

Deno.test("addresses of a camera have the page's token", () => {
  const page = "https://example.org/cameras?id=a&token=t";
  expect(cameraSocketUrl(page, "b")).toBe("wss://example.org/ws/cameras/b?token=t&frames=1");
  expect(cameraVideoUrl(page, "b"))
    .toBe("https://example.org/camera/b/hls/master.m3u8?token=t");
  expect(cameraPage(page, "b")).toBe("/cameras?token=t&id=b");
  expect(cameraPage(page, null)).toBe("/cameras?token=t");
});
