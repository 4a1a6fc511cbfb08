/** What measured times hold for: the processor where the system tells it, or else the machine's name; its cores; its system. */
export async function describeMachine(): Promise<string> {
  const info = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const processor = /^model name\s*:\s*(.*)$/m.exec(info)?.[1] ?? Deno.hostname();
  return JSON.stringify([processor, navigator.hardwareConcurrency, Deno.build.target]);
}
