import { expect } from "expect";
import fc from "fast-check";
import { type Rule, Simulation } from "../../bench/simulated_cluster.ts";
import { bestOf, chooseNode, FEW_NODES, isBetterPlace } from "../../lib/cluster/choose_node.ts";
import type { PoolLoad } from "../../lib/workers/worker_pool.ts";

const anyLoad: fc.Arbitrary<PoolLoad> = fc.record({
  workers: fc.integer({ min: 1, max: 64 }),
  underWay: fc.nat(500),
  taskMs: fc.double({ min: 0, max: 1000, noNaN: true }),
});
const asItIs = (load: PoolLoad) => load;

Deno.test("of few nodes the best is chosen, and of many one that is no worse than some other", () => {
  fc.assert(fc.property(fc.array(anyLoad, { maxLength: 40 }), (nodes) => {
    const chosen = chooseNode(nodes, asItIs);
    if (nodes.length === 0) return expect(chosen).toBeUndefined();
    if (nodes.length <= FEW_NODES) expect(chosen).toBe(bestOf(nodes, asItIs));
    expect(nodes).toContain(chosen);
    const others = nodes.filter((node) => node !== chosen);
    const isNoWorse = others.some((node) => !isBetterPlace(node, chosen as PoolLoad));
    expect(isNoWorse || others.length === 0).toBe(true);
  }));
});

Deno.test("the best node has the most free workers, and of equal ones is done first", () => {
  fc.assert(fc.property(fc.array(anyLoad, { minLength: 1, maxLength: 20 }), (nodes) => {
    const best = bestOf(nodes, asItIs) as PoolLoad;
    const free = ({ workers, underWay }: PoolLoad) => Math.max(0, workers - underWay);
    expect(free(best)).toBe(Math.max(...nodes.map(free)));
    const isAnyBetter = nodes.some((node) => isBetterPlace(node, best));
    expect(isAnyBetter).toBe(false);
  }));
});

Deno.test("of many idle nodes those that can do more are chosen more often", () => {
  const nodes = Array.from({ length: 20 }, (_, index) => ({
    workers: 1,
    underWay: 0,
    taskMs: index < 10 ? 20 : 60,
  }));
  const chosen = Array.from({ length: 4000 }, () => chooseNode(nodes, asItIs));
  const fast = chosen.filter((node) => node?.taskMs === 20).length / chosen.length;
  // Three quarters of what is drawn, and the better one of two.
  expect(fast).toBeGreaterThan(0.85);
  expect(fast).toBeLessThan(0.98);
});

Deno.test("gateways that know of nodes what was so a second ago do not all go to the same", () => {
  const run = (rule: Rule) =>
    new Simulation({ nodes: 60, streams: 1200, gateways: 60, load: 0.8, seconds: 2, rule }).run();
  const inUse = run((nodes, random) => chooseNode(nodes, asItIs, random));
  const herd = run((nodes) => bestOf(nodes, asItIs));
  expect(inUse.dropped).toBeLessThan(0.02);
  expect(inUse.jain).toBeGreaterThan(0.99);
  expect(inUse.age95Ms).toBeLessThan(herd.age95Ms / 2);
});
