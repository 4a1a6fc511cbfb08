import { expect } from "expect";
import { startServerProcess } from "../../bench/server_process.ts";
import { readFixture } from "../read_fixture.ts";
import { PoliteStream, SMALL_INPUT } from "./polite_stream.ts";

/** Asks one address over and over, as so many clients at once; counts the answers by their status. */
async function flood(
  url: URL,
  clients: number,
  signal: AbortSignal,
  init: RequestInit = {},
): Promise<Map<number, number>> {
  const counts = new Map<number, number>();
  const client = async () => {
    while (!signal.aborted) {
      const response = await fetch(url, init);
      await response.body?.cancel();
      counts.set(response.status, (counts.get(response.status) ?? 0) + 1);
      // Over a network it would take as long at least, and here the clients take the server's cores.
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return counts;
}

for (const workers of ["1", "2"]) {
  Deno.test(`clients that post images leave a stream its answers, with ${workers} worker${workers === "1" ? "" : "s"}`, async () => {
    await using server = await startServerProcess({
      ...SMALL_INPUT,
      PIPELINE_WORKERS: workers,
    });
    await using stream = await PoliteStream.open(server.url);
    const url = new URL("/pipelines/yolo_only/run", server.url);
    const init = {
      method: "POST",
      body: await readFixture("dog.jpg"),
      headers: { "Content-Type": "image/jpeg" },
    };
    const rounds = await stream.expectUnharmedBy((signal) => flood(url, 30, signal, init));
    // They get on as well.
    for (const counts of rounds) expect(counts.get(200)).toBeGreaterThanOrEqual(30);
  });
}

Deno.test("more images than can wait are refused for now, and those that wait are answered", async () => {
  await using server = await startServerProcess({ ...SMALL_INPUT, PIPELINE_WORKERS: "1" });
  const url = new URL("/pipelines/yolo_only/run", server.url);
  const body = await readFixture("dog.jpg");
  const answers = await Promise.all(Array.from({ length: 60 }, async () => {
    const headers = { "Content-Type": "image/jpeg" };
    const response = await fetch(url, { method: "POST", body, headers });
    return { response, json: await response.json() };
  }));
  const refused = answers.filter(({ response }) => response.status !== 200);
  expect(refused.length).toBeGreaterThan(0);
  expect(answers.length - refused.length).toBeGreaterThanOrEqual(32);
  for (const { response, json } of refused) {
    expect([response.status, json, response.headers.get("Retry-After")]).toEqual([
      503,
      { error: "overloaded", detail: "Too many images wait already" },
      "1",
    ]);
  }
});

Deno.test("clients that ask for the canary over and over leave a stream its answers", async () => {
  await using server = await startServerProcess({ ...SMALL_INPUT, PIPELINE_WORKERS: "1" });
  await using stream = await PoliteStream.open(server.url);
  const url = new URL("/ready", server.url);
  for (const counts of await stream.expectUnharmedBy((signal) => flood(url, 3, signal))) {
    expect([...counts.keys()]).toEqual([200]);
    expect(counts.get(200)).toBeGreaterThan(100);
  }
});
