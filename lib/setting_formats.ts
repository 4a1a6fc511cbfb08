/**
 * Settings that are more than a number, a word or a path.
 *
 * @module
 */

import { type Environment, fail } from "./environment.ts";
import { parseHostname } from "./host_name.ts";

/** The detector's input from `PIPELINE_INPUT_SIZE`; `undefined` for one of each frame's shape. @throws {ConfigError} If it is malformed */
export function parseInputSize(
  environment: Environment,
): { width: number; height: number } | undefined {
  const text = environment.text("PIPELINE_INPUT_SIZE");
  if (text === undefined) return undefined;
  const match = /^(\d{2,4})x(\d{2,4})$/.exec(text);
  const width = Number(match?.[1]);
  const height = Number(match?.[2]);
  const fits = (side: number) => side % 32 === 0 && side >= 32 && side <= 1920;
  if (!fits(width) || !fits(height)) {
    fail("PIPELINE_INPUT_SIZE", "WIDTHxHEIGHT in multiples of 32 from 32 to 1920", text);
  }
  return { width, height };
}

/** The names from `ALLOWED_HOSTS`. @throws {ConfigError} If one of them is malformed */
export function parseHosts(environment: Environment): string[] {
  return environment.list("ALLOWED_HOSTS").map((part) =>
    parseHostname(part) ??
      fail("ALLOWED_HOSTS", "host names such as vision.example.com, separated by commas", part)
  );
}

/** The path from `BASE_PATH`; empty for none. @throws {ConfigError} If it is malformed */
export function parseBasePath(environment: Environment): string {
  const text = environment.text("BASE_PATH") ?? "";
  const path = text.replace(/\/$/, "");
  if (!/^(\/[\w.~-]+)*$/.test(path) || /\/\.{1,2}(\/|$)/.test(path)) {
    fail("BASE_PATH", "a path such as /vision", text);
  }
  return path;
}

/** The origins from `STREAM_ALLOWED_ORIGINS`. @throws {ConfigError} If one of them is malformed */
export function parseOrigins(environment: Environment): string[] {
  return environment.list("STREAM_ALLOWED_ORIGINS").map((part) => {
    const url = URL.parse(part);
    if (url === null || url.origin === "null" || url.pathname !== "/") {
      fail(
        "STREAM_ALLOWED_ORIGINS",
        "origins such as https://example.com, separated by commas",
        part,
      );
    }
    return url.origin;
  });
}
