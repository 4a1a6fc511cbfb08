import { expect } from "expect";
import { handshake, RawClient } from "../attacks/raw_client.ts";
import { TestClient } from "../routes/test_server.ts";
import { waitFor } from "../video/wait_for.ts";
import { decoders, startCameraServer } from "./camera_server.ts";

/** Cameras whose decoders are killed. */
const CAMERAS = ["one", "two", "three", "four", "five"];
/** The waits before they are started again are one and two seconds. */
const KILLS = 2;

Deno.test({
  name: "ten decoders that are killed leave no process, no descriptor and no file",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const directory = await Deno.makeTempDir({ prefix: "livesyte-" });
    await using cameras = await startCameraServer({ environment: { DATA_DIR: directory } });
    const { cameras: service } = cameras.server.services;
    for (const id of CAMERAS) await cameras.add({ id });
    const clients = CAMERAS.map((id) => new TestClient(cameras.socketUrl("?frames=1", id)));
    const areActive = (restarts: number) =>
      CAMERAS.every((id) =>
        service.get(id).restarts === restarts && service.get(id).stream.session.state === "active"
      );
    await waitFor(() => areActive(0));
    // Played all the time, so that there are files too.
    expect((await cameras.server.fetch("/camera/one/hls/master.m3u8")).status).toBe(200);
    using playing = new DisposableStack();
    const timer = setInterval(() => void service.get("one").hls.find("master.m3u8"), 2000);
    playing.defer(() => clearInterval(timer));
    const before = descriptors();
    const killed: number[] = [];
    for (let round = 1; round <= KILLS; round += 1) {
      for (const pid of decoders()) {
        Deno.kill(pid, "SIGKILL");
        killed.push(pid);
      }
      await waitFor(() => areActive(round));
    }
    expect(killed).toHaveLength(CAMERAS.length * KILLS);
    expect(decoders()).toHaveLength(CAMERAS.length);
    await waitFor(() => descriptors() <= before + 1);
    expect([...Deno.readDirSync(`${directory}/hls/one`)]).toHaveLength(1);
    for (const client of clients) await client.close();
    playing.dispose();
    service.get("one").hls.end();
    await waitFor(() => decoders().length === 0);
    await waitFor(() => [...Deno.readDirSync(`${directory}/hls`)].length === 0);
    await Deno.remove(directory, { recursive: true });
  },
});

Deno.test("viewers that never read hold nobody up", async () => {
  await using cameras = await startCameraServer();
  await cameras.add();
  const { session } = cameras.server.services.cameras.get("door").stream;
  const stuck = await Promise.all(
    Array.from({ length: 5 }, () => RawClient.connect(cameras.server.host)),
  );
  for (const client of stuck) {
    client.pause();
    client.send(handshake("/ws/cameras/door?frames=1", cameras.server.host));
  }
  await waitFor(() => session.clientCount === 5);
  const client = new TestClient(cameras.socketUrl("?frames=1"));
  await waitFor(() => client.frames.length > 0);
  const startedAt = performance.now();
  await waitFor(() => client.frames.length > 40);
  // Four seconds, on a machine of its own.
  expect(performance.now() - startedAt).toBeLessThan(12_000);
  for (const each of stuck) each.reset();
  await waitFor(() => session.clientCount === 1);
  await client.close();
  await cameras.becomes("idle");
});

function descriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}
