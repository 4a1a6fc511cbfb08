/** Disks that are soon full, for tests. */

import { isMissing } from "../needs.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

async function run(command: string, ...args: string[]): Promise<string | undefined> {
  try {
    const { success, stdout } = await new Deno.Command(command, { args }).output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  } catch {
    return undefined;
  }
}

/** A disk of its own, mounted on a directory. */
export interface SmallDisk extends AsyncDisposable {
  path: string;
}

/** A disk of so many bytes, and of so many files where that is given; `undefined` where that is not allowed. */
export async function smallDisk(bytes: number, files = 0): Promise<SmallDisk | undefined> {
  return await mount("-t", "tmpfs", "-o", `size=${bytes},nr_inodes=${files}`, "tmpfs");
}

async function mount(...args: string[]): Promise<SmallDisk | undefined> {
  const directory = await temporaryDirectory();
  if (await run("mount", ...args, directory.path) === undefined) {
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

/** A disk that can be broken, as Linux breaks a disk with errors: it can be read from then on, and not written. */
export interface BreakableDisk extends SmallDisk {
  break(): Promise<void>;
}

/** A breakable disk of so many bytes; `undefined` where that is not possible. */
export async function breakableDisk(bytes: number): Promise<BreakableDisk | undefined> {
  const image = await Deno.makeTempFile({ prefix: "livesyte-" });
  await Deno.truncate(image, bytes);
  const made = await run("mkfs.ext4", "-q", "-O", "^has_journal", "-m", "0", image);
  const disk = made === undefined ? undefined : await mount("-o", "loop,errors=remount-ro", image);
  if (disk === undefined) {
    await Deno.remove(image);
    return undefined;
  }
  const device = await run("findmnt", "-no", "SOURCE", disk.path) ?? "";
  return {
    path: disk.path,
    break: () =>
      Deno.writeTextFile(`/sys/fs/ext4/${device.split("/").at(-1)}/trigger_fs_error`, "test"),
    async [Symbol.asyncDispose]() {
      await disk[Symbol.asyncDispose]();
      await Deno.remove(image);
    },
  };
}

/** Writes a file until its disk is full. */
export async function fillDisk(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  for (const size of [65_536, 4096, 512, 1]) {
    try {
      for (;;) await file.write(new Uint8Array(size));
    } catch {
      // Goes on with smaller pieces.
    }
  }
}

/** Whether tests with small disks have to be skipped, because only root may mount them. */
export const withoutSmallDisks = isMissing("mount");

/** Whether tests with breakable disks have to be left out. */
export const withoutBreakableDisks = !await canBreak();

async function canBreak(): Promise<boolean> {
  await using disk = await breakableDisk(1_048_576);
  return disk !== undefined;
}
