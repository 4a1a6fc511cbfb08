import { expect } from "expect";
import { defaultDecodeCommand, spawnDecodeProcess } from "../../lib/video/decode/decode_command.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

/** Tries what a decoder that was taken over might try, and says what was refused. */
const ATTEMPTS = `
const attempts = {
  read: () => Deno.readTextFileSync("/etc/hostname"),
  write: () => Deno.writeTextFileSync(Deno.args[0], ""),
  net: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  run: () => new Deno.Command("/bin/sh", { args: ["-c", "true"] }).outputSync(),
  env: () => Deno.env.get("PATH"),
  sys: () => Deno.hostname(),
};
const refused = Object.keys(attempts).filter((name) => {
  try {
    attempts[name]();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotCapable;
  }
});
console.log(refused.join());
`;

Deno.test("the decode process may not read, write, connect or run anything through Deno", async () => {
  await using folder = await temporaryDirectory();
  const script = `${folder.path}/attempts.ts`;
  await Deno.writeTextFile(script, ATTEMPTS);
  const { command, args } = defaultDecodeCommand();
  // Everything as it is for the real one, but for the script.
  expect(args.at(-1)).toMatch(/decode_process\.ts$/);
  const options = { command, args: [...args.slice(0, -1), script] };
  const process = spawnDecodeProcess(options, `${folder.path}/written`);
  const output = await new Response(process.stdout).text();
  await process.stdin.close();
  expect((await process.status).success).toBe(true);
  expect(output.trim()).toBe("read,write,net,run,env,sys");
});

Deno.test("the decode process is told no settings, the token least of all", async () => {
  Deno.env.set("STREAM_AUTH_TOKEN", "opensesame4711");
  try {
    const process = spawnDecodeProcess({ command: "sh", args: ["-c", "env"] }, "request");
    const output = await new Response(process.stdout).text();
    await process.stdin.close();
    expect((await process.status).success).toBe(true);
    expect(output).not.toMatch(/opensesame4711|STREAM_|MODEL_DIR|DATA_DIR/);
  } finally {
    Deno.env.delete("STREAM_AUTH_TOKEN");
  }
});
