import { expect } from "expect";
import { X509Certificate } from "node:crypto";
import { renderUnicodeCompact } from "uqr";
import { thisProject } from "../../bench/server_process.ts";
import { lanAddresses } from "../../lib/front/lan.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { runMain } from "./run_main.ts";

const TIMEOUT_MS = 240_000;

/** Runs `serve --lan` as on a terminal, and returns what it has written by the time that it has invited other devices. */
async function serveOnLan(dataDirectory: string, look: (text: string) => Promise<void>) {
  const { command, args } = thisProject();
  const child = new Deno.Command(command, {
    args: [...args, "--lan"],
    env: {
      ...{ PORT: "0", DATA_DIR: dataDirectory, LOG_FORMAT: "pretty" },
      ...{ PIPELINE_WORKERS: "1", PIPELINE_THREADS: "1" },
    },
    stdout: "piped",
    stderr: "null",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).spawn();
  let text = "";
  for await (
    const piece of child.stdout.pipeThrough(new TextDecoderStream()).values({ preventCancel: true })
  ) {
    text += piece;
    if (/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/m.test(text)) break;
  }
  try {
    await look(text);
  } finally {
    child.kill("SIGTERM");
    await child.stdout.cancel().catch(() => {});
    await child.status;
  }
}

Deno.test({
  name: "serve --lan invites devices of the network, with a code that carries the token, over TLS",
  ignore: lanAddresses().length === 0,
  async fn() {
    await using directory = await temporaryDirectory();
    await serveOnLan(directory.path, async (text) => {
      const [link = ""] = /^https:\/\/[\d.]+:\d+\/\?token=[\w-]{22}$/m.exec(text) ?? [];
      const { hostname, searchParams } = new URL(link);
      expect(hostname).toBe(lanAddresses()[0]);
      expect(text).toContain(renderUnicodeCompact(link, { border: 2 }));
      const cert = await Deno.readTextFile(`${directory.path}/self_signed_cert.pem`);
      expect(text).toContain(new X509Certificate(cert).fingerprint256);
      expect(text).toContain(`open https://localhost:`);
      const token = await Deno.readTextFile(`${directory.path}/lan_token`);
      expect(searchParams.get("token")).toBe(token.trim());
      using client = Deno.createHttpClient({ caCerts: [cert] });
      const ask = async (address: URL) => {
        const response = await fetch(address, { client } as RequestInit);
        return [response.status, await response.text()] as const;
      };
      const sessions = new URL("/sessions", link);
      expect((await ask(sessions))[0]).toBe(401);
      sessions.searchParams.set("token", token.trim());
      expect((await ask(sessions))[0]).toBe(200);
      // The page offers the code with the token that it was opened with, and with none to those who have none.
      const code = /class="qr".*?<path d="([^"]+)"/s;
      const pages = await Promise.all(
        [link, new URL("/", link).href].map((at) => ask(new URL(at))),
      );
      const [withToken, without] = pages.map(([, html]) => code.exec(html)?.[1]?.length ?? 0);
      expect(without).toBeGreaterThan(1000);
      expect(withToken).toBeGreaterThan(without ?? Infinity);
      expect(pages[1]?.[1]).not.toContain(token.trim());
    });
  },
});

Deno.test("serve takes no other options", async () => {
  const { code, stderr } = await runMain(["serve", "--wan"]);
  expect([code, stderr]).toEqual([2, expect.stringContaining('Unknown option "--wan" of serve')]);
});
