/**
 * Simulates the choice of nodes in a large cluster, event by event: how many frames are dropped, how old answers are, and how fair it
 * is, beside other rules. Nodes are known as they are in reality: from announcements of up to a second ago, and from answers.
 *
 * Run with `deno task bench:sim`; it takes less than a minute.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { bestOf, chooseNode } from "../lib/cluster/choose_node.ts";
import { type Rule, Simulation } from "./simulated_cluster.ts";

const HELP =
  `Simulates which nodes of a large cluster compute frames, by the rule of lib/cluster and by others.

Usage: deno task bench:sim [options]

Options:
  --nodes N      Nodes of 1 to 4 workers, of which the slowest take four times as long as the fastest (1000)
  --streams N    Streams (20000)
  --gateways N   Gateways that the streams are spread over (100)
  --seconds N    Time that is simulated (5)
  --help         Show this text
`;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    nodes: { type: "string", default: "1000" },
    streams: { type: "string", default: "20000" },
    gateways: { type: "string", default: "100" },
    seconds: { type: "string", default: "5" },
    help: { type: "boolean", default: false },
  },
});

/** Work, as a share of what all nodes can do together. */
const LOADS = [0.8, 1.1];

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Those that are compared, by what they are called. */
function rules(): [string, Rule][] {
  let turn = 0;
  return [
    ["in use", (nodes, random) => chooseNode(nodes, (node) => node, random)],
    ["best of all", (nodes) => bestOf(nodes, (node) => node)],
    ["random", (nodes, random) => nodes[Math.floor(random() * nodes.length)]],
    ["round robin", (nodes) => nodes[turn++ % nodes.length]],
  ];
}

function compare(): void {
  const size = {
    nodes: Number(values.nodes),
    streams: Number(values.streams),
    gateways: Number(values.gateways),
    seconds: Number(values.seconds),
  };
  print(`${size.nodes} nodes, ${size.streams} streams on ${size.gateways} gateways\n`);
  print("load   rule           dropped   age p50      p95      Jain");
  for (const load of LOADS) {
    for (const [name, rule] of rules()) {
      const { dropped, age50Ms, age95Ms, jain } = new Simulation({ ...size, load, rule }).run();
      const cells = [
        `${(dropped * 100).toFixed(1)} %`.padStart(7),
        `${age50Ms.toFixed(0)} ms`.padStart(7),
        `${age95Ms.toFixed(0)} ms`.padStart(7),
        jain.toFixed(4).padStart(8),
      ];
      print(`${load.toFixed(1)}    ${name.padEnd(12)}  ${cells.join("   ")}`);
    }
  }
}

if (values.help) print(HELP);
else compare();
