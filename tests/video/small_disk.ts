/** Disks that are soon full, for tests. */

import { isMissing } from "../needs.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

async function run(command: string, ...args: string[]): Promise<boolean> {
  try {
    return (await new Deno.Command(command, { args }).output()).success;
  } catch {
    return false;
  }
}

/** A directory on a disk of its own with so many bytes; `undefined` where that is not allowed. */
export async function smallDisk(
  bytes: number,
): Promise<(AsyncDisposable & { path: string }) | undefined> {
  const directory = await temporaryDirectory();
  if (!await run("mount", "-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", directory.path)) {
    await directory[Symbol.asyncDispose]();
    return undefined;
  }
  return {
    path: directory.path,
    async [Symbol.asyncDispose]() {
      await run("umount", directory.path);
      await directory[Symbol.asyncDispose]();
    },
  };
}

/** Whether tests with small disks have to be skipped, because only root may mount them. */
export const withoutSmallDisks = isMissing("mount");
