import { expect } from "expect";
import type { Announcement } from "../../lib/cluster/cluster_messages.ts";
import { HERE, NodeDirectory } from "../../lib/cluster/node_directory.ts";
import type { PoolLoad } from "../../lib/workers/worker_pool.ts";

const SELF = { id: "self", version: "1", hash: "h" };
const NONE = load(0, 0);

function load(workers: number, underWay: number, taskMs = 20): PoolLoad {
  return { workers, underWay, taskMs };
}

function announce(id: string, workers: number, underWay = 0, more: Partial<Announcement> = {}) {
  const pools = { detection: load(workers, underWay), reading: load(1, 0) };
  const node: Announcement = {
    id,
    name: id,
    role: "worker",
    version: "1",
    hash: "h",
    load: pools,
    isLeaving: false,
    ...more,
  };
  return node;
}

Deno.test("a frame stays here while a worker is free here, then goes to the node with the most free workers", () => {
  const directory = new NodeDirectory(SELF);
  directory.heard(announce("a", 2), 0);
  directory.heard(announce("b", 4, 1), 0);
  expect(directory.choose("detection", load(1, 0))).toBe(HERE);
  expect(directory.choose("detection", load(1, 1))).toBe("b");
  const first = directory.ask("b", "detection");
  const second = directory.ask("b", "detection");
  // Now 2 of a and 1 of b are free.
  expect(directory.choose("detection", NONE)).toBe("a");
  first?.done();
  first?.done();
  second?.done();
  expect(directory.choose("detection", NONE)).toBe("b");
  expect(directory.choose("detection", NONE, new Set(["b"]))).toBe("a");
  expect(directory.choose("detection", NONE, new Set(["a", "b"]))).toBeUndefined();
});

Deno.test("where no worker is free a frame goes to where it is done first, and stays here if that is no later", () => {
  const directory = new NodeDirectory(SELF);
  directory.heard(announce("a", 2, 6), 0);
  directory.heard(announce("b", 1, 2), 0);
  expect(directory.choose("detection", load(1, 2))).toBe(HERE);
  expect(directory.choose("detection", load(1, 3))).toBe("b");
});

Deno.test("a slow node is left to fewer frames", () => {
  const directory = new NodeDirectory(SELF);
  const pools = { detection: load(1, 0, 60), reading: load(1, 0) };
  directory.heard(announce("slow", 1, 0, { load: pools }), 0);
  directory.heard(announce("fast", 1, 0), 0);
  const places = Array.from({ length: 8 }, () => {
    const place = String(directory.choose("detection", NONE));
    directory.ask(place, "detection");
    return place;
  });
  expect(places.filter((place) => place === "slow")).toHaveLength(2);
});

Deno.test("what a node tells holds what was asked of it already", () => {
  const directory = new NodeDirectory(SELF);
  directory.heard(announce("a", 2), 0);
  const asked = directory.ask("a", "detection");
  directory.told("a", announce("a", 2, 1).load);
  directory.heard(announce("b", 1, 1), 0);
  // One of a's two is free, and it is the first.
  expect(directory.choose("detection", NONE)).toBe("a");
  asked?.done();
  directory.heard(announce("c", 2, 1), 0);
  expect(directory.choose("detection", NONE)).toBe("a");
});

Deno.test("a node of another version or hash is never asked, and the sentence says which it is", () => {
  const directory = new NodeDirectory(SELF);
  const version = directory.heard(announce("a", 2, 0, { version: "2" }), 0);
  const hash = directory.heard(announce("b", 2, 0, { hash: "other" }), 0);
  expect(version?.difference).toMatch(/^The worker on a has version 2 and this one 1/);
  expect(hash?.difference).toMatch(/^The worker on b has other models, pipelines/);
  expect(directory.choose("detection", NONE)).toBeUndefined();
  expect([directory.size, directory.workers("detection")]).toEqual([0, 0]);
  expect(directory.list().map(({ id }) => id)).toEqual(["a", "b"]);
});

Deno.test("a node that leaves is asked no more, and one that is silent is lost to those who wait for it", async () => {
  const directory = new NodeDirectory(SELF);
  expect(directory.heard(announce("self", 1), 0)).toBeUndefined();
  expect(directory.heard(announce("a", 1), 0)?.change).toBe("new");
  const asked = directory.ask("a", "detection");
  expect(directory.heard(announce("a", 1, 1), 1000)?.change).toBeUndefined();
  expect(directory.heard(announce("a", 1, 1, { isLeaving: true }), 2000)?.change).toBe("leaving");
  expect(directory.choose("detection", NONE)).toBeUndefined();
  expect(directory.sweep(4900)).toEqual([]);
  expect(directory.sweep(5100).map(({ id }) => id)).toEqual(["a"]);
  await asked?.gone;
  expect(directory.ask("a", "detection")).toBeUndefined();
  expect(directory.list()).toEqual([]);
});
