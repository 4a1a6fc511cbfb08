import { expect } from "expect";
import { NatsConnectionImpl } from "@nats-io/transport-node";
import { decodePacket, encodePacket } from "../../lib/cluster/packet.ts";
import type { PipelineResult } from "../../lib/protocol/result.ts";
import type { ResultsPage } from "../../lib/protocol/video_results.ts";
import type { Services } from "../../services.ts";
import { isMissing } from "../needs.ts";
import { loadTextModels } from "../ocr/models.ts";
import { ensureModel } from "../pipeline/models.ts";
import { readFixture } from "../read_fixture.ts";
import { openStream, startTestServer, type TestServer } from "../routes/test_server.ts";
import { ask, isOver, post, submit, untilJob } from "../routes/video_client.ts";
import { DOG_VIDEO } from "../video/media.ts";
import { freePort, startNats, until } from "./nats_server.ts";

const ignore = isMissing("nats");
const DOG = await readFixture("dog.jpg");
const TEXT = await readFixture("text.jpg");

/** A server that answers clients and computes nothing. */
function startGateway(url: string, environment: Record<string, string> = {}) {
  return startTestServer({ environment: { NATS_URL: url, PIPELINE_WORKERS: "0", ...environment } });
}

/** A server that has a worker. */
function startNode(url: string, environment: Record<string, string> = {}) {
  return startTestServer({ environment: { NATS_URL: url, PIPELINE_THREADS: "1", ...environment } });
}

async function knows(server: TestServer, nodes: number): Promise<void> {
  await until(() => server.services.health().cluster?.nodes.length === nodes);
}

/** What a stream finds in each frame, one after the other, until that is enough. */
async function stream(
  server: TestServer,
  pipelineId: string,
  frames: readonly Uint8Array<ArrayBuffer>[],
  isEnough: (result: PipelineResult) => boolean = () => false,
): Promise<PipelineResult[]> {
  const client = openStream(server, `?pipeline_id=${pipelineId}`);
  await client.opened;
  const results: PipelineResult[] = [];
  for (const frame of frames) {
    client.send(frame.slice());
    const message = (await client.received(results.length + 1)).at(-1);
    if (message === undefined || !("result" in message)) {
      throw new Error(`No result: ${JSON.stringify(message)}`);
    }
    results.push(message.result);
    if (isEnough(message.result)) break;
  }
  await client.close();
  return results;
}

/** Whether all text of a frame has been read often enough, and there is some. */
function isSettled({ text_blocks }: PipelineResult): boolean {
  return text_blocks.length > 0 && text_blocks.every(({ stable }) => stable);
}

async function whole(server: TestServer, pipeline: string, image: Uint8Array<ArrayBuffer>) {
  const headers = { "Content-Type": "image/jpeg" };
  const init = { method: "POST", headers, body: image.slice() };
  const response = await server.fetch(`/pipelines/${pipeline}/run`, init);
  expect(response.status).toBe(200);
  return withoutTimes((await response.json()).result);
}

function withoutTimes({ timings_ms: _, ...result }: PipelineResult) {
  return result;
}

function problems(services: Services): string[] {
  return services.health().cluster?.problems ?? [];
}

Deno.test({
  name:
    "a gateway without workers finds exactly what a server by itself finds, in images and in streams",
  ignore,
  async fn() {
    await Promise.all([ensureModel(), loadTextModels()]);
    await using nats = await startNats();
    await using gateway = await startGateway(nats.url);
    expect((await gateway.fetch("/ready")).status).toBe(503);
    expect(problems(gateway.services)).toEqual([
      "No node of the cluster can compute: start a worker",
    ]);
    await using node = await startNode(nats.url);
    await using alone = await startTestServer({ environment: { PIPELINE_THREADS: "1" } });
    await Promise.all([knows(gateway, 1), knows(node, 1)]);
    expect((await gateway.fetch("/ready")).status).toBe(200);
    for (const pipeline of ["yolo_only", "yolo_ocr", "plates", "ocr_only"]) {
      for (const image of [DOG, TEXT]) {
        expect(await whole(gateway, pipeline, image)).toEqual(await whole(alone, pipeline, image));
      }
    }
    const dogs = [DOG, DOG, DOG];
    const [far, near] = [
      await stream(gateway, "yolo_only", dogs),
      await stream(alone, "yolo_only", dogs),
    ];
    expect(far.map(withoutTimes)).toEqual(near.map(withoutTimes));
    expect(far[2]?.detections[0]?.track_id).toBe(1);
    // More than enough for three readings, which are what makes a line stable.
    const texts = Array(10_000).fill(TEXT);
    const [farText, nearText] = await Promise.all(
      [gateway, alone].map(async (server) =>
        (await stream(server, "ocr_only", texts, isSettled)).at(-1)
      ),
    );
    expect(farText?.text_blocks.length).toBeGreaterThan(0);
    expect(farText?.text_blocks.every(({ stable }) => stable)).toBe(true);
    expect(farText?.text_blocks).toEqual(nearText?.text_blocks);
    const metrics = await (await gateway.fetch("/metrics")).text();
    expect(metrics).toMatch(/^cluster_nodes 2$/m);
    expect(metrics).toMatch(/^cluster_frames_total\{node=".+"\} \d+$/m);
    expect(gateway.services.health()).toMatchObject({ status: "healthy", workers: [] });
    expect(node.services.health().cluster?.nodes).toMatchObject([{ role: "serve", workers: 0 }]);
  },
});

Deno.test({
  name: "nodes of unequal settings compute nothing for each other, and both say why",
  ignore,
  async fn() {
    await ensureModel();
    await using nats = await startNats();
    await using other = await startNode(nats.url, { YOLO_CONFIDENCE: "0.5" });
    // The last, since it drops frames only for the first 10 s without a node.
    await using gateway = await startGateway(nats.url);
    await Promise.all([knows(gateway, 1), knows(other, 1)]);
    for (const { services } of [gateway, other]) {
      expect(services.health().status).toBe("degraded");
      expect(problems(services).join()).toMatch(/has other models, pipelines or detector settings/);
      expect(services.health().cluster?.nodes).toMatchObject([{ equal: false }]);
    }
    const client = openStream(gateway, "?pipeline_id=yolo_only");
    await client.opened;
    client.send(DOG.slice());
    expect(await client.received(1)).toEqual([{ frame_index: 1, dropped: true }]);
    await client.close();
    await using equal = await startNode(nats.url);
    await knows(gateway, 2);
    expect((await stream(gateway, "yolo_only", [DOG]))[0]?.detections.length).toBeGreaterThan(0);
    await until(() => problems(equal.services).length === 1);
  },
});

Deno.test({
  name: "a NATS that takes too small messages is told of, and frames that fit are computed",
  ignore,
  async fn() {
    await ensureModel();
    await using nats = await startNats({ lines: ["max_payload: 400KB"] });
    await using gateway = await startGateway(nats.url);
    await using _node = await startNode(nats.url);
    await knows(gateway, 1);
    expect(problems(gateway.services)).toEqual([
      "NATS takes messages of 409600 bytes at most, too little for frames of 5242880: set max_payload in " +
      "the configuration of nats-server to 5505024 or more, or STREAM_MAX_FRAME_SIZE_MB to 0.14 or less",
    ]);
    expect(await stream(gateway, "yolo_only", [DOG])).toHaveLength(1);
    const client = openStream(gateway, "?pipeline_id=yolo_only");
    await client.opened;
    // Bytes after the end of a JPEG are ignored.
    const large = new Uint8Array(500_000);
    large.set(DOG);
    client.send(large);
    expect((await client.closed).reason).toBe("pipeline_failure");
    await client.closed;
    // A node that can computes them itself.
    await using serving = await startNode(nats.url);
    expect(await stream(serving, "yolo_only", [large])).toHaveLength(1);
  },
});

Deno.test({
  name:
    "a server without its NATS says so, serves by itself, and finds the others once it is there",
  ignore,
  async fn() {
    await ensureModel();
    await using nats = await startNats({
      lines: ["max_payload: 6MB", "authorization { user: a, password: secret-b }"],
    });
    const address = new URL(nats.url).host;
    await nats.kill();
    await using server = await startNode(`nats://a:secret-b@${address}`);
    const expected = `Cannot connect to NATS at ${address}: nothing listens there; trying again, ` +
      "and meanwhile this machine serves by itself";
    expect(server.services.health()).toMatchObject({
      status: "degraded",
      cluster: { connected: false, problems: [expected] },
    });
    expect(await stream(server, "yolo_only", [DOG])).toHaveLength(1);
    const refused = await post(`http://${server.host}`, new File([DOG], "dog.mp4"));
    expect([refused.status, (await refused.json()).error]).toEqual([503, "storage_unavailable"]);
    await nats.restart();
    await until(() => server.services.health().status === "healthy");
    await using wrong = await startNode(`nats://a:wrong@${address}`);
    expect(problems(wrong.services)).toEqual([
      `NATS at ${address} refuses the credentials: check NATS_CREDS, or the user and password in ` +
      "NATS_URL; trying again, and meanwhile this machine serves by itself",
    ]);
    const told = await (await wrong.fetch("/health")).text();
    expect(told).not.toContain("wrong");
    expect(await stream(wrong, "yolo_only", [DOG])).toHaveLength(1);
  },
});

Deno.test({
  name:
    "without NATS a gateway drops frames for 10 s and then fails, a stream computed here goes on, and all recover",
  ignore,
  async fn() {
    await ensureModel();
    await using nats = await startNats();
    await using gateway = await startGateway(nats.url);
    await using node = await startNode(nats.url);
    await knows(gateway, 1);
    const far = openStream(gateway, "?pipeline_id=yolo_only");
    const near = openStream(node, "?pipeline_id=yolo_only");
    await Promise.all([far.opened, near.opened]);
    const timer = setInterval(() => [far, near].forEach((client) => client.send(DOG.slice())), 200);
    try {
      await Promise.all([far.received(3), near.received(3)]);
      await nats.kill();
      const killedAt = performance.now();
      const nearBefore = near.messages.length;
      expect((await far.closed).reason).toBe("pipeline_failure");
      const seconds = (performance.now() - killedAt) / 1000;
      expect([seconds > 9.5, seconds < 14]).toEqual([true, true]);
      expect(far.messages.filter((message) => "dropped" in message).length).toBeGreaterThan(20);
      expect(gateway.services.health()).toMatchObject({
        status: "degraded",
        cluster: { problems: [expect.stringMatching(/no frame is computed, since this machine/)] },
      });
      await near.received(nearBefore + 30);
      expect(near.messages.filter((message) => "error" in message)).toEqual([]);
      await nats.restart();
      await knows(gateway, 1);
      expect(await stream(gateway, "yolo_only", [DOG])).toHaveLength(1);
      await until(() => gateway.services.health().status === "healthy");
    } finally {
      clearInterval(timer);
    }
    await near.close();
  },
});

Deno.test({
  name: "an address of NATS where nothing answers delays the start by no more than the attempt",
  ignore,
  async fn() {
    await ensureModel();
    const startedAt = performance.now();
    await using server = await startNode(`nats://127.0.0.1:${freePort()}`);
    expect(performance.now() - startedAt).toBeLessThan(15_000);
    expect((await server.fetch("/ready")).status).toBe(200);
  },
});

Deno.test({
  name: "a video job of a gateway without workers waits for a node, and has every frame once",
  ignore,
  async fn() {
    await ensureModel();
    await using nats = await startNats();
    await using gateway = await startGateway(nats.url);
    const url = `http://${gateway.host}`;
    const id = await submit(url, new File([await Deno.readFile(DOG_VIDEO)], "dog.mp4"));
    expect(await untilJob(url, id, () => true)).toMatchObject({ status: "pending" });
    await using _node = await startNode(nats.url);
    expect(await untilJob(url, id, isOver)).toMatchObject({ status: "completed" });
    const { answer } = await ask<ResultsPage>(url, `/video/results/${id}`);
    expect(answer.results.map(({ frame_index }) => frame_index)).toEqual([...Array(10).keys()]);
    expect(
      answer.results.every(({ result }) => result.detections.some(({ label }) => label === "dog")),
    ).toBe(true);
  },
});

Deno.test({
  name: "messages that cannot be read harm nobody",
  ignore,
  async fn() {
    await ensureModel();
    await using nats = await startNats();
    await using gateway = await startGateway(nats.url);
    await using node = await startNode(nats.url);
    await Promise.all([knows(gateway, 1), knows(node, 1)]);
    const id = node.services.health().cluster?.node_id ?? "";
    const stranger = await NatsConnectionImpl.connect({ servers: nats.url });
    const garbage = ["", "null", "{}", '{"id":1}', new Uint8Array(8), new Uint8Array(5).fill(255)];
    const packets = [null, 1, {}, { equal: null }, { equal: {}, turn: null }].map(encodePacket);
    for (const data of [...garbage, ...packets]) {
      for (const subject of ["nodes", "watch", `node.${id}`, `session.${id}`]) {
        stranger.publish(`livesyte.default.${subject}`, data);
      }
    }
    await stranger.flush();
    const answer = await stranger.request(`livesyte.default.node.${id}`, encodePacket(null));
    expect(decodePacket(answer.data)).toMatchObject({ failure: { kind: "internal" } });
    await stranger.close();
    expect(await stream(gateway, "yolo_only", [DOG])).toHaveLength(1);
    expect(gateway.services.health().status).toBe("healthy");
  },
});
