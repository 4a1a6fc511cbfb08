import { expect } from "expect";
import type { Announcement } from "../../lib/cluster/cluster_messages.ts";
import { HERE, NodeDirectory } from "../../lib/cluster/node_directory.ts";

const SELF = { id: "self", version: "1", hash: "h" };
const NONE = { workers: 0, underWay: 0 };

function announce(id: string, workers: number, underWay = 0, more: Partial<Announcement> = {}) {
  const load = { detection: { workers, underWay }, reading: { workers: 1, underWay: 0 } };
  const node: Announcement = {
    id,
    name: id,
    role: "worker",
    version: "1",
    hash: "h",
    load,
    isLeaving: false,
    ...more,
  };
  return node;
}

Deno.test("a frame stays here while a worker is free here, then goes to the node with the most free workers", () => {
  const directory = new NodeDirectory(SELF);
  directory.heard(announce("a", 2), 0);
  directory.heard(announce("b", 4, 1), 0);
  expect(directory.choose("detection", { workers: 1, underWay: 0 })).toBe(HERE);
  expect(directory.choose("detection", { workers: 1, underWay: 1 })).toBe("b");
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

Deno.test("where no worker is free a frame goes to where the fewest wait for each, and stays here if that is no worse", () => {
  const directory = new NodeDirectory(SELF);
  directory.heard(announce("a", 2, 6), 0);
  directory.heard(announce("b", 1, 2), 0);
  expect(directory.choose("detection", { workers: 1, underWay: 2 })).toBe(HERE);
  expect(directory.choose("detection", { workers: 1, underWay: 3 })).toBe("b");
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
