import { expect } from "expect";
import { copyProject } from "../copy_project.ts";

/** Runs `deno task build` in a project. */
async function build(root: URL, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "build", ...args],
    cwd: root,
    stdin: "null",
  }).output();
  expect([success, new TextDecoder().decode(stderr)]).toEqual([true, expect.anything()]);
}

/** The files below a folder by their path, as text. */
async function readAll(folder: URL, path = ""): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for await (const { name, isDirectory } of Deno.readDir(new URL(path, folder))) {
    if (isDirectory) {
      for (const [each, text] of await readAll(folder, `${path}${name}/`)) files.set(each, text);
    } else {
      const bytes = await Deno.readFile(new URL(path + name, folder));
      files.set(path + name, new TextDecoder("latin1").decode(bytes));
    }
  }
  return files;
}

Deno.test("the page is built when its sources have changed, and the same sources give the same", async (t) => {
  await using project = await copyProject();
  const output = new URL("_fresh/", project.root);
  const stray = new URL("static/_fresh/js/stray/stray.js", output);
  const isThere = (file: URL) => Deno.stat(file).then(() => true, () => false);
  await build(project.root);
  const first = await readAll(output);
  expect([...first.keys()]).toEqual(expect.arrayContaining(["server.js", "snapshot.js"]));
  const leaveStray = async () => {
    await Deno.mkdir(new URL(".", stray), { recursive: true });
    await Deno.writeTextFile(stray, "export {};");
  };

  await t.step("nothing is built again without a change", async () => {
    await leaveStray();
    await build(project.root);
    expect(await isThere(stray)).toBe(true);
  });

  await t.step("a forced build is the same, without what was there before", async () => {
    await build(project.root, "--force");
    expect(await readAll(output)).toEqual(first);
  });

  await t.step("a change gives new addresses", async () => {
    await leaveStray();
    const styles = new URL("static/styles/layers/reset.css", project.root);
    await Deno.writeTextFile(styles, `${await Deno.readTextFile(styles)}\n.changed { top: 0 }`);
    await build(project.root);
    expect(await isThere(stray)).toBe(false);
    const changed = await readAll(output);
    const packed = [...changed.keys()].filter((path) => path.endsWith("/styles/live.css"));
    expect(packed.length).toBeGreaterThanOrEqual(3);
    for (const path of packed) expect(first.has(path) && path.startsWith("packed/")).toBe(false);
    const plain = packed.find((path) => path.includes("/identity/")) ?? "";
    expect(changed.get(plain)).toContain(".changed{top:0}");
    // Its layers are in it, and are packed nowhere else.
    expect(changed.get(plain)).not.toContain("@import");
    expect([...changed.keys()].filter((path) => path.includes("/layers/"))).toEqual([]);
  });

  await t.step("a change of a component counts too", async () => {
    await leaveStray();
    const icon = new URL("components/Icon.tsx", project.root);
    await Deno.writeTextFile(icon, `${await Deno.readTextFile(icon)}\n// Changed.`);
    await build(project.root);
    expect(await isThere(stray)).toBe(false);
  });

  await t.step("a mistake in styles ends the build, and is named", async () => {
    const mistakes: [path: string, mistake: string, said: RegExp][] = [
      ["live.css", '@import "./layers/missing.css";', /Cannot join .*live\.css: .*missing\.css/],
      ["layers/stage.css", ".open {", /Cannot join .*: .*stage\.css:\d+: Expected "\}"/],
      ["layers/stage.css", ".a { colr: red }", /Cannot join .*: .*stage\.css:1: "colr" is not/],
    ];
    for (const [path, mistake, said] of mistakes) {
      const styles = new URL(`static/styles/${path}`, project.root);
      const text = await Deno.readTextFile(styles);
      await Deno.writeTextFile(styles, `${mistake}\n${text}`);
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["task", "--quiet", "build"],
        cwd: project.root,
      }).output();
      expect([success, new TextDecoder().decode(stderr)])
        .toEqual([false, expect.stringMatching(said)]);
      await Deno.writeTextFile(styles, text);
    }
  });

  await t.step("a mistake in an island leaves no build that counts as complete", async () => {
    await Deno.writeTextFile(new URL("islands/StatusPill.tsx", project.root), "export const = 1;");
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["task", "--quiet", "build"],
      cwd: project.root,
    }).output();
    expect(success).toBe(false);
    expect(await isThere(new URL("source_hash", output))).toBe(false);
  });
});
