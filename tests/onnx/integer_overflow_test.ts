import { expect } from "expect";
import { integersOverflow } from "../../lib/onnx/integer_overflow.ts";
import { isMissing } from "../needs.ts";

const MODULE = new URL("../../lib/onnx/integer_overflow.ts", import.meta.url).href;

/** Whether the processor has instructions for neural networks, as far as the system tells. */
async function hasVnni(): Promise<boolean> {
  const info = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  return /avx512_vnni|avx_vnni|asimddp/.test(info);
}

Deno.test("integers overflow on no processor that has instructions for neural networks", async () => {
  const overflow = await integersOverflow();
  if (await hasVnni()) expect(overflow).toBe(false);
});

Deno.test({
  name: "integers overflow on a processor that has none, which is simulated",
  ignore: isMissing("qemu"),
  async fn() {
    const code = `import { integersOverflow } from "${MODULE}";
      Deno.exit(await integersOverflow() ? 10 : 20);`;
    const file = await Deno.makeTempFile({ suffix: ".ts" });
    await Deno.writeTextFile(file, code);
    const config = new URL("../../deno.json", import.meta.url).pathname;
    const deno = ["run", "--allow-all", "--no-check", "--cached-only", "--config", config, file];
    const { code: answer } = await new Deno.Command("qemu-x86_64", {
      args: ["-cpu", "Haswell", Deno.execPath(), ...deno],
      stderr: "null",
    }).output();
    await Deno.remove(file);
    expect(answer).toBe(10);
  },
});
