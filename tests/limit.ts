/** Loaded before every file of tests: a test that waits for what never comes fails, and the next one runs. @module */

/** The longest that a test takes unless it says otherwise, in milliseconds; on slow machines some take minutes. */
const LIMIT_MS = 8 * 60_000;

const register = Deno.test;

/** Registers a test as `Deno.test` does. */
function test(given: string | Deno.TestDefinition, fn?: Deno.TestDefinition["fn"]): void {
  const definition = typeof given === "string" ? { name: given, fn } : given;
  register({ timeout: LIMIT_MS, ...definition } as Deno.TestDefinition);
}

Object.assign(Deno, { test: Object.assign(test, register) });
