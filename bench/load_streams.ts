/** Streams that put a server under load, and what they have counted as text. */

import { LoadClient, type LoadReport } from "./load_client.ts";
import { quantile } from "./quantile.ts";
import type { ServerProcess } from "./server_process.ts";

/** Writes a line. */
export function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Waits. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The median and the 95th and 99th percentile of ages, in whole milliseconds. */
export function agePercentiles(ages: readonly number[]): string[] {
  return [0.5, 0.95, 0.99].map((share) => quantile(ages, share).toFixed(0));
}

/**
 * Streams a frame at several rates at once.
 *
 * @param rates Frames a second of each stream
 */
export async function runStreams(
  server: ServerProcess,
  frame: Uint8Array,
  rates: readonly number[],
  seconds: number,
): Promise<LoadReport[]> {
  const clients = await Promise.all(rates.map(() => LoadClient.connect(server.url)));
  for (const [index, rate] of rates.entries()) clients[index]?.start(frame, rate);
  await sleep(seconds * 1000);
  return await Promise.all(clients.map((client) => client.close()));
}

/** Prints what streams have counted, a line each, and all of them together. */
export function printReports(title: string, reports: LoadReport[], seconds: number): void {
  print(`\n${title}`);
  print(
    "session     sent answered  dropped     slow      p50      p95      p99  (age of results, ms)",
  );
  for (const [index, report] of reports.entries()) {
    print(`${String(index + 1).padStart(4)}${describe(report)}`);
  }
  const answered = reports.map((report) => report.answered);
  const [p50, p95, p99] = agePercentiles(reports.flatMap((report) => report.ages));
  const total = answered.reduce((sum, count) => sum + count, 0);
  print(
    `all: ${(total / seconds).toFixed(1)} results a second, Jain index ${
      jainIndex(answered).toFixed(4)
    }, age p50 ${p50} p95 ${p95} p99 ${p99} ms`,
  );
}

/** Jain's fairness index (Jain, Chiu and Hawe 1984): 1 when all get the same, 1/n when one gets everything. */
function jainIndex(shares: number[]): number {
  const sum = shares.reduce((total, share) => total + share, 0);
  const squares = shares.reduce((total, share) => total + share * share, 0);
  return sum * sum / (shares.length * squares);
}

function describe(report: LoadReport): string {
  const counts = [report.sent, report.answered, report.dropped, report.slowDowns];
  return [...counts, ...agePercentiles(report.ages)]
    .map((cell) => String(cell).padStart(9)).join("") +
    (report.errors.length > 0 ? `  ${report.errors.join(" ")}` : "");
}
