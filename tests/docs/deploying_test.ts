import { validate } from "dockerfile-utils";
import { expect } from "expect";
import { startTestServer, type TestServer } from "../routes/test_server.ts";
import { RESULT } from "../streaming/simulated_stream.ts";

const ROOT = new URL("../../", import.meta.url);

Deno.test("the Dockerfile is well-formed, and asks for what there is", async () => {
  const dockerfile = await Deno.readTextFile(new URL("Dockerfile", ROOT));
  expect(validate(dockerfile)).toEqual([]);
  const { default: project } = await import("../../deno.json", { with: { type: "json" } });
  const [, task = ""] = /RUN deno task (\w+)/.exec(dockerfile) ?? [];
  expect(Object.keys(project.tasks)).toContain(task);
});

Deno.test("the health check of the Dockerfile passes while the server is healthy, and only then", async () => {
  const dockerfile = await Deno.readTextFile(new URL("Dockerfile", ROOT));
  const [, script = ""] = /^HEALTHCHECK .* CMD bash -c '(.*)'$/m.exec(dockerfile) ?? [];
  const check = async ({ host }: TestServer) => {
    const [, PORT = ""] = host.split(":");
    const { code } = await new Deno.Command("bash", { args: ["-c", script], env: { PORT } })
      .output();
    return code;
  };
  await using healthy = await startTestServer();
  expect(await check(healthy)).toBe(0);
  const processor = { isValidPipeline: () => true, runOnFrame: () => Promise.resolve(RESULT) };
  await using withoutWorkers = await startTestServer({ processor });
  expect(await check(withoutWorkers)).toBe(1);
});

Deno.test("the Dockerfile takes options of the compile task, as for FFmpeg", async () => {
  const dockerfile = await Deno.readTextFile(new URL("Dockerfile", ROOT));
  expect(dockerfile).toMatch(
    /^ARG COMPILE_OPTIONS=""\nRUN deno task compile \$COMPILE_OPTIONS --output/m,
  );
  const cameras = await Deno.readTextFile(new URL("docs/cameras.md", ROOT));
  const [, option = ""] = /--build-arg COMPILE_OPTIONS=(\S+) -t/.exec(cameras) ?? [];
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-all", "packaging/compile.ts", "--help"],
    cwd: ROOT,
  }).output();
  expect(new TextDecoder().decode(stdout)).toContain(`  ${option} `);
});

Deno.test("a Dockerfile that is wrong would be noticed", () => {
  expect(validate("FORM debian\nRUN").length).toBeGreaterThan(0);
});

Deno.test("workflows run what the Dockerfile runs, and nothing that can change under them", async () => {
  const dockerfile = await Deno.readTextFile(new URL("Dockerfile", ROOT));
  const version = /^FROM denoland\/deno:(\S+)/m.exec(dockerfile)?.[1];
  const folder = new URL(".github/workflows/", ROOT);
  let actions = 0;
  for (const { name } of Deno.readDirSync(folder)) {
    const text = await Deno.readTextFile(new URL(name, folder));
    for (const [line, action] of text.matchAll(/uses: (.*)/g)) {
      expect([name, line]).toEqual([
        name,
        expect.stringMatching(/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/),
      ]);
      actions += action ? 1 : 0;
    }
    for (const [, deno] of text.matchAll(/npx \S*\s*deno(\S*)/g)) {
      expect([name, deno]).toEqual([name, `@${version}`]);
    }
    expect(text).toMatch(/image: node:\d+\.\d+\.\d+-\w+\n/);
  }
  expect(actions).toBeGreaterThanOrEqual(2);
});
