// deno-lint-ignore-file no-console -- Fresh writes uncaught errors there
import type { App } from "fresh";

/** Sends a request to an application without a network. */
export function request<State>(
  app: App<State>,
  path: string,
  init?: RequestInit,
): Promise<Response> {
  return app.handler()(new Request(`http://localhost${path}`, init));
}

/** Keeps what is written to the console away from the output of a test, and for it to look at. */
export function captureConsoleErrors(): { errors: unknown[] } & Disposable {
  const original = console.error;
  const errors: unknown[] = [];
  console.error = (...values) => errors.push(...values);
  return { errors, [Symbol.dispose]: () => console.error = original };
}
