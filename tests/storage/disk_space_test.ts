import { expect } from "expect";
import { DiskSpace } from "../../lib/storage/disk_space.ts";
import { StorageFullError } from "../../lib/storage/errors.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";

const MB = 1_048_576;

/** A disk whose free bytes the test sets. */
function openDisk(freeBytes: number, reserveBytes = 0) {
  const disk = { free: freeBytes };
  const freeNow = () => Promise.resolve(disk.free);
  return { disk, space: new DiskSpace("", { reserveBytes, freeBytes: freeNow }) };
}

Deno.test("DiskSpace promises what is free above the reserve, and no byte more", async () => {
  const { space } = openDisk(100, 40);
  await expect(space.promise(61)).rejects.toThrow(StorageFullError);
  using _all = await space.promise(60);
  await expect(space.promise(1)).rejects.toThrow("The disk of the server is almost full");
});

Deno.test("DiskSpace promises the same bytes to one only of those who ask at once", async () => {
  const { space } = openDisk(1000);
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => space.promise(300)));
  expect(outcomes.filter(({ status }) => status === "fulfilled").length).toBe(3);
});

Deno.test("DiskSpace has what was promised and not used again afterwards", async () => {
  const { space } = openDisk(1000);
  for (let round = 0; round < 5; round++) {
    using promised = await space.promise(1000);
    await promised.need(400);
    promised.spend(400);
  }
  using _again = await space.promise(1000);
});

Deno.test("DiskSpace counts written bytes once: as no longer free", async () => {
  const { disk, space } = openDisk(1000);
  using promised = await space.promise(600);
  await promised.need(500);
  disk.free -= 500;
  promised.spend(500);
  await expect(space.promise(401)).rejects.toThrow(StorageFullError);
  using _rest = await space.promise(400);
});

Deno.test("DiskSpace does not promise what is being written while it asks the system", async () => {
  const disk = { free: 1000 };
  const asked = Promise.withResolvers<void>();
  let isSlow = false;
  const freeBytes = async () => {
    const { free } = disk;
    if (isSlow) await asked.promise;
    return free;
  };
  const space = new DiskSpace("", { reserveBytes: 0, freeBytes });
  using first = await space.promise(600);
  isSlow = true;
  const second = space.promise(401);
  disk.free -= 600;
  first.spend(600);
  asked.resolve();
  await expect(second).rejects.toThrow(StorageFullError);
});

Deno.test("DiskSpace gives who does not know how much it needs more in steps, up to the reserve", async () => {
  const { disk, space } = openDisk(20 * MB, 10 * MB);
  using promised = await space.promise(0);
  let written = 0;
  const write = async () => {
    await promised.need(MB);
    written++;
    disk.free -= MB;
    promised.spend(MB);
  };
  await expect((async () => {
    for (;;) await write();
  })()).rejects.toThrow(StorageFullError);
  expect(written).toBe(10);
});

Deno.test("DiskSpace keeps nothing for a promise that is over while it asks for more", async () => {
  const { space } = openDisk(1000);
  const promised = await space.promise(0);
  const needed = promised.need(10);
  promised[Symbol.dispose]();
  await needed;
  using _all = await space.promise(1000);
});

Deno.test("DiskSpace lets results go on into the first half of the reserve", async () => {
  const { disk, space } = openDisk(60, 100);
  await expect(space.promise(0)).rejects.toThrow(StorageFullError);
  await space.checkResults();
  disk.free = 49;
  await expect(space.checkResults()).rejects.toThrow(StorageFullError);
});

Deno.test("DiskSpace asks the system how much is free", async () => {
  await using directory = await temporaryDirectory();
  const space = new DiskSpace(directory.path, { reserveBytes: 0 });
  using _little = await space.promise(1);
  await expect(space.promise(2 ** 60)).rejects.toThrow(StorageFullError);
});
