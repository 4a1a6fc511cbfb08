/** What a server process has taken of the machine. */

import { setPriority } from "node:os";
import { expect } from "expect";
import { residentMemory, type ServerProcess } from "../../bench/server_process.ts";
import { waitFor } from "../video/wait_for.ts";

/** How much more memory a server may take under an attack, in MiB. */
const MAX_GROWTH_MB = 150;

/** How much of that it may keep a while afterwards: garbage that nobody has needed the room of yet. */
const MAX_KEPT_MB = 100;

/** Number of open descriptors of a process. */
export function openDescriptors(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/**
 * Looks after the memory and the descriptors of a server while something happens to it: it takes no more than 150 MiB, and gives back
 * its descriptors and some of that memory within a while.
 *
 * @param server Has done some of this before, so that what it needs for the first time does not count
 * @param what Goes on in the meantime
 */
export async function expectFiguresBack<T>(
  server: Pick<ServerProcess, "pid">,
  what: () => Promise<T>,
): Promise<T> {
  try {
    return await lookAtFigures(server, what);
  } catch {
    // Garbage that was not collected in time is there for the next; a leak grows again.
    return await lookAtFigures(server, what);
  }
}

async function lookAtFigures<T>(
  { pid }: Pick<ServerProcess, "pid">,
  what: () => Promise<T>,
): Promise<T> {
  const before = { memory: residentMemory(pid), descriptors: openDescriptors(pid) };
  let highest = before.memory;
  const sampling = setInterval(() => highest = Math.max(highest, residentMemory(pid)), 50);
  try {
    const result = await what();
    const growth = Math.round(highest - before.memory);
    expect({ growth, isSmall: growth < MAX_GROWTH_MB }).toEqual({ growth, isSmall: true });
    const now = () => ({ memory: residentMemory(pid), descriptors: openDescriptors(pid) });
    const isBack = () => {
      const { memory, descriptors } = now();
      return descriptors <= before.descriptors && memory < before.memory + MAX_KEPT_MB;
    };
    await waitFor(isBack, 60_000).catch(() => {
      throw new Error(`Not given back: ${JSON.stringify({ before, now: now() })}`);
    });
    return result;
  } finally {
    clearInterval(sampling);
  }
}

/**
 * Starts an attacker: a process of Deno that takes only what the server and the polite leave of the cores, as if it were on another
 * machine.
 *
 * @param args What stands behind `deno`
 */
export function startAttacker(...args: string[]): Deno.ChildProcess {
  const attacker = new Deno.Command(Deno.execPath(), { args, stdout: "piped" }).spawn();
  setPriority(attacker.pid, 19);
  return attacker;
}
