import { expect } from "expect";
import { dirname, join } from "node:path";
import { textLines } from "../../bench/text_lines.ts";
import { AppServer } from "../../lib/front/app_server.ts";
import { makeSocketFolder } from "../../lib/front/socket_folder.ts";
import { beginFrame, handshake } from "../attacks/raw_client.ts";
import { startSmallApp } from "./small_app.ts";

async function ask(connection: Deno.Conn, lines: string): Promise<string> {
  await connection.write(new TextEncoder().encode(`GET / HTTP/1.1\r\nHost: x\r\n${lines}\r\n`));
  const buffer = new Uint8Array(4096);
  const length = await connection.read(buffer) ?? 0;
  connection.close();
  return new TextDecoder().decode(buffer.subarray(0, length));
}

function openDescriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

Deno.test({
  name: "the socket lies in a folder of its own, for this user only, and goes with the server",
  ignore: Deno.build.os === "windows",
  async fn() {
    const server = await AppServer.start({ handler: () => new Response("here") });
    const connection = await server.connect() as Deno.UnixConn;
    const folder = dirname(connection.remoteAddr.path);
    expect(((await Deno.stat(folder)).mode ?? 0) & 0o777).toBe(0o700);
    expect(await ask(connection, server.requiredLines)).toMatch(/^HTTP\/1.1 200 .*here$/s);
    await server.stop();
    await expect(Deno.stat(folder)).rejects.toThrow(Deno.errors.NotFound);
  },
});

Deno.test({
  name: "the folder of a server that was killed is taken away, that of a living one is not",
  ignore: Deno.build.os === "windows",
  async fn() {
    const script = `const folder = await Deno.makeTempDir({ prefix: "livesyte-door-" });
      Deno.listen({ transport: "unix", path: folder + "/s" });
      console.log(folder);
      setInterval(() => {}, 1000);`;
    const child = new Deno.Command(Deno.execPath(), { args: ["eval", script], stdout: "piped" })
      .spawn();
    const lines = textLines(child.stdout);
    const folder: string = (await lines.next()).value ?? "";
    await (await makeSocketFolder())?.remove();
    expect((await Deno.stat(folder)).isDirectory).toBe(true);
    child.kill("SIGKILL");
    await child.status;
    await lines.return(undefined);
    await (await makeSocketFolder())?.remove();
    await expect(Deno.stat(folder)).rejects.toThrow(Deno.errors.NotFound);
  },
});

Deno.test("where no socket can be, loopback with a secret takes its place", async () => {
  const folder = await Deno.makeTempDir();
  const before = Deno.env.get("TMPDIR");
  try {
    for (const unusable of [join(folder, "none"), join(folder, "x".repeat(100))]) {
      if (unusable.length > 100) await Deno.mkdir(unusable);
      Deno.env.set("TMPDIR", unusable);
      const server = await AppServer.start({ handler: () => new Response("here") });
      expect(server.requiredLines).toMatch(/^x-livesyte-door: [0-9a-f-]{36}\r\n$/);
      expect(await ask(await server.connect(), server.requiredLines)).toMatch(/ 200 .*here$/s);
      await server.stop();
    }
  } finally {
    if (before === undefined) Deno.env.delete("TMPDIR");
    else Deno.env.set("TMPDIR", before);
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("on loopback nobody is answered without the secret, and clients cannot bring one", async () => {
  const server = await AppServer.start({
    handler: () => new Response("here"),
    transport: "loopback",
  });
  const wrong = ["", "x-livesyte-door: \r\n", `x-livesyte-door: ${crypto.randomUUID()}\r\n`];
  for (const lines of [...wrong, server.requiredLines + wrong[2]]) {
    expect(await ask(await server.connect(), lines)).toMatch(/^HTTP\/1.1 403 /);
  }
  await server.stop();
  await using app = await startSmallApp({ transport: "loopback" });
  const response = await fetch(`http://${app.host}/a`);
  expect(await response.text()).toBe(`GET http://${app.host}/a `);
  const socket = new WebSocket(`ws://${app.host}/ws/x`);
  await new Promise((resolve) => socket.onopen = resolve);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
});

Deno.test({
  name: "connections that end before, at and after an upgrade leave no descriptor",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using app = await startSmallApp();
    const before = openDescriptors();
    const [hostname, port] = app.host.split(":");
    for (let turn = 0; turn < 300; turn += 1) {
      const connection = await Deno.connect({ hostname, port: Number(port) });
      await connection.write(new TextEncoder().encode(handshake("/ws/x")));
      if (turn % 3 > 0) await connection.read(new Uint8Array(1000));
      if (turn % 3 > 1) await connection.write(beginFrame(2, 100));
      // With the answer unread, this is a reset.
      connection.close();
    }
    const startedAt = performance.now();
    while (openDescriptors() > before && performance.now() - startedAt < 10_000) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(openDescriptors()).toBeLessThanOrEqual(before);
  },
});

Deno.test({
  name: "a server that gives up at the limit of descriptors is started again",
  ignore: Deno.build.os === "windows",
  async fn() {
    const script = `
      import { AppServer } from ${
      JSON.stringify(import.meta.resolve("../../lib/front/app_server.ts"))
    };
      // Deno panics when it first needs a descriptor for signals and there is none.
      Deno.addSignalListener("SIGTERM", () => {});
      const server = await AppServer.start({ handler: () => new Response("here") });
      const connections = [];
      try { for (;;) connections.push(await server.connect()); } catch { /* At the limit. */ }
      await new Promise((resolve) => setTimeout(resolve, 500));
      for (const connection of connections) connection.close();
      for (let attempt = 0; attempt < 50; attempt += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        try {
          const connection = await server.connect();
          await connection.write(new TextEncoder().encode("GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n"));
          const answer = new Uint8Array(1000);
          const length = await connection.read(answer);
          console.log(new TextDecoder().decode(answer.subarray(0, length)).split("\\r\\n")[0]);
          break;
        } catch { /* Not yet. */ }
      }
      await server.stop();
      Deno.exit(0);`;
    const path = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      await Deno.writeTextFile(path, script);
      const config = new URL("../../deno.json", import.meta.url).pathname;
      const { code, stdout, stderr } = await new Deno.Command("sh", {
        args: [
          "-c",
          `ulimit -n 100 && exec "${Deno.execPath()}" run -A --config "${config}" "${path}"`,
        ],
        // Reading further certificates at the limit would be warned of.
        env: { NODE_EXTRA_CA_CERTS: "" },
      }).output();
      const text = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      expect([code, text]).toEqual([0, "HTTP/1.1 200 OK\n"]);
    } finally {
      await Deno.remove(path);
    }
  },
});
