import { fileURLToPath } from "node:url";
import { expect } from "expect";
import {
  DescriptionSchema,
  MeasurementSchema,
  ReadingSchema,
} from "../../bench/comparison/peer_answers.ts";
import { PeerProcess } from "../../bench/comparison/peer_process.ts";
import { isMissing } from "../needs.ts";

const PEERS = fileURLToPath(new URL("../../bench/peers", import.meta.url));
const IMAGE = fileURLToPath(new URL("../fixtures/text.jpg", import.meta.url));

/** Starts a script, which Deno runs in place of Python by default. */
async function startPeer(code: string, python = Deno.execPath()): Promise<PeerProcess> {
  const script = await Deno.makeTempFile({ suffix: ".js" });
  await Deno.writeTextFile(script, code);
  return new PeerProcess({ name: "Some peer", python, script });
}

Deno.test("PeerProcess tells the last line that a peer wrote before it ended", async () => {
  await using peer = await startPeer('console.error("Traceback:\\n\\nValueError: no model\\n")');
  await expect(peer.ask({ frames: 1 }, MeasurementSchema))
    .rejects.toThrow("Cannot compare with Some peer: ValueError: no model");
});

Deno.test("PeerProcess tells what a peer answered in place of JSON", async () => {
  await using peer = await startPeer('console.log("Welcome")');
  await expect(peer.ask({ frames: 1 }, MeasurementSchema))
    .rejects.toThrow('Cannot understand Some peer: it answered "Welcome"');
});

const PYTHON_PEER = `
import sys, time
sys.path.insert(0, ${JSON.stringify(PEERS)})
from peer import serve
print("what libraries print")
def load(settings):
    def look(data, task):
        print("what they print later")
        until = time.process_time() + 0.002
        while time.process_time() < until: pass
        return {"texts": [settings["greeting"], str(len(data))]}
    return {"version": "1.2"}, look
serve(load)
`;

Deno.test({
  name: "a peer in Python answers what it is, what it finds, and how long frames take",
  ignore: isMissing("python3"),
  async fn() {
    await using peer = await startPeer(PYTHON_PEER, "python3");
    const settings = { greeting: "Größe" };
    expect(await peer.ask(settings, DescriptionSchema)).toEqual({ version: "1.2", labels: [] });
    const { size } = await Deno.stat(IMAGE);
    expect(await peer.ask({ image: IMAGE }, ReadingSchema)).toEqual({
      texts: ["Größe", String(size)],
    });
    const started = performance.now();
    const task = { image: IMAGE, frames: 5, interval_ms: 20 };
    const { ms, cpu_ms } = await peer.ask(task, MeasurementSchema);
    expect(performance.now() - started).toBeGreaterThan(100);
    expect(ms).toHaveLength(5);
    expect(Math.min(...ms)).toBeGreaterThan(1.9);
    expect(cpu_ms).toBeGreaterThan(9.9);
    expect(cpu_ms).toBeLessThan(100);
  },
});
