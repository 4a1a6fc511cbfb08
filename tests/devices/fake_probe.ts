import type { ChildProgram } from "../../lib/child_program.ts";

/** A probe process that runs this code in place of the real one. */
export function fakeProbe(code: string): ChildProgram {
  return { command: Deno.execPath(), args: ["eval", "--cached-only", code] };
}

/** Code of a probe process that answers so. */
export function answering(answer: unknown): string {
  return `console.log(${JSON.stringify(JSON.stringify(answer))})`;
}
