import { expect } from "expect";
import { faultySetup } from "../workers/faulty_setup.ts";
import {
  probeDevice,
  type ProbeOptions,
  type ProbeRequest,
} from "../../lib/devices/probe_device.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { waitFor } from "../video/wait_for.ts";
import { answering, fakeProbe } from "./fake_probe.ts";

const REQUEST: ProbeRequest = {
  device: "webgpu",
  detector: faultySetup().detectors[0],
  image: "file:///none.jpg",
  threads: 1,
};
const WORKS = { type: "works", deviceMs: 4, cpuMs: 20 };
/** Far more than any of these needs. */
const PATIENT_MS = 60_000;

function probe(code: string, options: Partial<ProbeOptions> = {}) {
  const { signal } = new AbortController();
  const command = fakeProbe(code);
  return probeDevice(REQUEST, { command, timeoutMs: PATIENT_MS, signal, ...options });
}

/** Code that tells the id of its process, then hangs as a driver does, deaf to all that can be refused. */
function hanging(file: string): string {
  return `Deno.addSignalListener("SIGTERM", () => {});
    Deno.writeTextFileSync(${JSON.stringify(file)}, String(Deno.pid));
    while (true);`;
}

function isRunning(pid: number): boolean {
  try {
    // A process that has ended and has not been asked for its exit code counts as none.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test("probeDevice passes the request on, and the answer back, whatever drivers print before", async () => {
  const code = `console.log("Warning: a driver\\n");
    const { device } = await new Response(Deno.stdin.readable).json();
    if (device === "webgpu") ${answering(WORKS)}`;
  expect(await probe(code)).toEqual(WORKS);
});

Deno.test("probeDevice survives a process that crashes, exits or answers nonsense", async () => {
  const crashes = [
    'Deno.kill(Deno.pid, "SIGSEGV")',
    `${answering(WORKS)}; Deno.kill(Deno.pid, "SIGKILL")`,
    "Deno.exit(3)",
    "throw new Error('no')",
    "console.log('{')",
    "",
  ];
  for (const code of crashes) {
    expect([code, await probe(code)]).toEqual([code, { type: "crashed" }]);
  }
});

Deno.test("probeDevice tells of a program that cannot be started", async () => {
  const command = { command: "/nowhere/program", args: [] };
  expect(await probe("", { command })).toMatchObject({ type: "refused" });
});

Deno.test({
  name: "probeDevice ends a process that hangs when its time is over, or nobody waits any more",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using folder = await temporaryDirectory();
    const file = `${folder.path}/pid`;
    const stopping = new AbortController();
    const startedAt = performance.now();
    expect(await probe(hanging(file), { timeoutMs: 3000 })).toEqual({ type: "silent" });
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    await waitFor(() => !isRunning(Number(Deno.readTextFileSync(file))));
    await Deno.remove(file);
    const stopped = probe(hanging(file), { signal: stopping.signal });
    await waitFor(() => hasText(file));
    stopping.abort(new Error("The server stops"));
    await expect(stopped).rejects.toThrow("The server stops");
    await expect(probe("", { signal: stopping.signal })).rejects.toThrow("The server stops");
    await waitFor(() => !isRunning(Number(Deno.readTextFileSync(file))));
  },
});

function hasText(file: string): boolean {
  try {
    return Deno.readTextFileSync(file) !== "";
  } catch {
    return false;
  }
}

Deno.test("probeDevice passes the variables of drivers on, and not the token", async () => {
  Deno.env.set("STREAM_AUTH_TOKEN", "opensesame4711");
  Deno.env.set("A_DRIVERS_OWN", "1");
  try {
    const code = `const { STREAM_AUTH_TOKEN, A_DRIVERS_OWN } = Deno.env.toObject();
      console.log(JSON.stringify({ type: "refused", cause: [STREAM_AUTH_TOKEN, A_DRIVERS_OWN].join() }))`;
    expect(await probe(code)).toEqual({ type: "refused", cause: ",1" });
  } finally {
    Deno.env.delete("STREAM_AUTH_TOKEN");
    Deno.env.delete("A_DRIVERS_OWN");
  }
});
