import { expect } from "expect";
import fc from "fast-check";
import {
  entryNodes,
  executionOrder,
  outputNodes,
  validateDefinition,
} from "../../lib/pipeline/pipeline_definition.ts";
import type { ModelRole } from "../../lib/models/model_role.ts";
import type { PipelineDefinition } from "../../lib/protocol/pipeline.ts";
import plates from "../../pipelines/plates.json" with { type: "json" };
import yoloOcr from "../../pipelines/yolo_ocr.json" with { type: "json" };
import yoloOnly from "../../pipelines/yolo_only.json" with { type: "json" };

/** `yolo_only` with some parts replaced. */
function definition(change: Partial<PipelineDefinition> = {}): PipelineDefinition {
  return { ...structuredClone(yoloOnly), ...change };
}

Deno.test("every shipped pipeline is valid and is named like its file", () => {
  const folder = new URL("../../pipelines/", import.meta.url);
  const files = [...Deno.readDirSync(folder)].filter(({ name }) => name.endsWith(".json"));
  expect(files.length).toBeGreaterThan(0);
  for (const { name } of files) {
    const parsed = JSON.parse(Deno.readTextFileSync(new URL(name, folder)));
    expect({ name, errors: validateDefinition(parsed) }).toEqual({ name, errors: [] });
    expect(`${parsed.id}.json`).toBe(name);
  }
});

Deno.test("a definition with an unknown step is refused", () => {
  const nodes = [...yoloOnly.nodes, { id: "fly", step: "fly" }];
  expect(validateDefinition(definition({ nodes }))).toEqual([
    'Node "fly" has an unknown step "fly"',
  ]);
});

Deno.test("a step named like a property of every object is unknown", () => {
  const nodes = [...yoloOnly.nodes, { id: "x", step: "constructor" }];
  expect(validateDefinition(definition({ nodes }))).toEqual([
    'Node "x" has an unknown step "constructor"',
  ]);
});

/** `yolo_only` with parameters at one of its nodes. */
function withParams(id: string, params: unknown): unknown {
  const nodes = yoloOnly.nodes.map((node) => node.id === id ? { ...node, params } : node);
  return { ...yoloOnly, nodes };
}

Deno.test("a node may set the parameters that its step has", () => {
  expect(validateDefinition(withParams("detect", { agnostic: false }))).toEqual([]);
  expect(validateDefinition(withParams("detect", { agnostic: true }))).toEqual([]);
  expect(validateDefinition(withParams("detect", {}))).toEqual([]);
  expect(validateDefinition(withParams("decode", {}))).toEqual([]);
});

Deno.test("a parameter that the step has not, or of the wrong type, is refused", () => {
  for (const name of ["agnostics", "constructor", "__proto__"]) {
    const params = JSON.parse(`{"${name}": true}`);
    expect(validateDefinition(withParams("detect", params))).toEqual([
      `Node "detect" has an unknown parameter "${name}": the step "detect" has agnostic, classes, confidence, iou, tiles, model`,
    ]);
  }
  expect(validateDefinition(withParams("decode", { agnostic: true }))).toEqual([
    'Node "decode" has an unknown parameter "agnostic": the step "decode" has none',
  ]);
  for (const agnostic of ["false", 0, null]) {
    expect(validateDefinition(withParams("detect", { agnostic }))).toEqual([
      'Parameter "agnostic" of the node "detect" must be true or false',
    ]);
  }
  for (const params of [null, [], "agnostic"]) {
    expect(validateDefinition(withParams("detect", params))).toEqual([
      '"nodes[1].params" must be an object',
    ]);
  }
});

Deno.test("a definition with an id used twice is refused", () => {
  const nodes = [...yoloOnly.nodes, { id: "detect", step: "detect" }];
  expect(validateDefinition(definition({ nodes }))).toEqual([
    'Node id "detect" is used more than once',
  ]);
});

Deno.test("a definition with an edge to nowhere is refused", () => {
  const edges = [...yoloOnly.edges, { from: "detect", to: "nowhere" }];
  expect(validateDefinition(definition({ edges }))).toEqual([
    'Edge "detect" to "nowhere" names an unknown node "nowhere"',
  ]);
});

Deno.test("a definition with an edge of the wrong type is refused", () => {
  const edges = [...yoloOnly.edges, { from: "detect", to: "decode" }];
  const errors = validateDefinition(definition({ edges }));
  expect(errors).toContain(
    'Edge "detect" to "decode" carries detections, but "decode" accepts nothing',
  );
});

Deno.test("a definition with a cycle is refused", () => {
  const edges = [...yoloOnly.edges, { from: "detect", to: "decode" }];
  const errors = validateDefinition(definition({ edges }));
  expect(errors).toContain("Nodes are on or behind a cycle: decode, detect, track, output");
});

Deno.test("a definition with a node that nothing leads to is refused", () => {
  const edges = yoloOnly.edges.filter(({ to }) => to !== "detect");
  expect(validateDefinition(definition({ edges }))).toEqual([
    'Node "detect" is unreachable: no edge brings it image',
  ]);
});

Deno.test("a definition with a node whose value nobody uses is refused", () => {
  const edges = yoloOnly.edges.filter(({ from }) => from !== "track");
  expect(validateDefinition(definition({ edges }))).toEqual([
    'Node "detect" is unreachable from the result',
    'Node "track" is unreachable from the result',
  ]);
});

Deno.test("a definition that gives a node the same value twice is refused", () => {
  const edges = [...yoloOnly.edges, { from: "decode", to: "detect" }];
  expect(validateDefinition(definition({ edges }))).toEqual([
    'Node "detect" is given image more than once',
  ]);
});

Deno.test("a definition needs exactly one result", () => {
  expect(validateDefinition(definition({ nodes: [], edges: [] }))).toEqual([
    'Exactly one node must have the step "result", found 0',
  ]);
});

Deno.test("validateDefinition tells every part that has the wrong shape", () => {
  expect(validateDefinition(null)).toEqual(["The definition must be an object"]);
  expect(validateDefinition({ id: "", name: 3, nodes: {}, edges: [{ from: "a" }] })).toEqual([
    '"id" must be a string of 1 to 200 characters',
    '"name" must be a string of 1 to 200 characters',
    '"description" must be a string of 1 to 200 characters',
    '"nodes" must be an array',
    '"edges[0]" must have the strings from and to',
  ]);
});

Deno.test("validateDefinition answers any JSON value with sentences", () => {
  fc.assert(fc.property(fc.jsonValue(), (value) => {
    const errors = validateDefinition(value);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.every((error) => error.length > 0)).toBe(true);
  }));
});

Deno.test("validateDefinition answers any graph of known steps", () => {
  const id = fc.constantFrom("a", "b", "c", "d");
  const graphs = fc.record({
    id: fc.constant("x"),
    name: fc.constant("x"),
    description: fc.constant("x"),
    nodes: fc.array(fc.record({ id, step: fc.constantFrom("decode", "detect", "result") })),
    edges: fc.array(fc.record({ from: id, to: id })),
  });
  fc.assert(fc.property(graphs, (graph) => {
    // A graph passes exactly when each node can run after those that it takes values from.
    if (validateDefinition(graph).length > 0) return;
    expect(executionOrder(graph)).toHaveLength(graph.nodes.length);
  }));
});

Deno.test("executionOrder puts each node after those that it takes values from, however they are listed", () => {
  const shuffled = <T>(items: T[]) => fc.shuffledSubarray(items, { minLength: items.length });
  fc.assert(fc.property(shuffled(yoloOnly.nodes), shuffled(yoloOnly.edges), (nodes, edges) => {
    const order = executionOrder(definition({ nodes, edges })).map((node) => node.id);
    expect(order).toEqual(["decode", "detect", "track", "output"]);
  }));
});

Deno.test("entryNodes and outputNodes are the ends of the graph", () => {
  expect(entryNodes(definition())).toEqual(["decode"]);
  expect(outputNodes(definition())).toEqual(["output"]);
});

/** `yolo_ocr` with an interval at one of its nodes. */
function withInterval(id: string, interval_ms: unknown): unknown {
  return {
    ...yoloOcr,
    nodes: yoloOcr.nodes.map((node) => node.id === id ? { ...node, interval_ms } : node),
  };
}

Deno.test("a node that takes time may have an interval, up to an hour", () => {
  for (const interval of [0, 1.5, 3_600_000]) {
    expect(validateDefinition(withInterval("read", interval))).toEqual([]);
  }
  for (const interval of [-1, 3_600_001, "500", null, NaN]) {
    expect(validateDefinition(withInterval("read", interval))).toEqual([
      '"nodes[3].interval_ms" must be a number between 0 and 3600000',
    ]);
  }
  expect(validateDefinition(withInterval("track", 500))).toEqual([
    'Node "track" must not have interval_ms: its step takes no time',
  ]);
});

Deno.test("what waits for a node with an interval needs one as well", () => {
  const [vehicles, read] = ["vehicles", "read"];
  const nodes = plates.nodes.map(({ interval_ms: _, ...node }) =>
    node.id === vehicles ? { ...node, interval_ms: 100 } : node
  );
  expect(validateDefinition({ ...plates, nodes })).toEqual([
    `Node "${read}" needs interval_ms, since it takes values of "${vehicles}", which has it`,
  ]);
});

Deno.test("the parameters of every step are checked by its schema", () => {
  const wrong = { classes: [[], "dog", [""], [1]], confidence: [-0.1, 1.1, "0.5"], iou: [2, null] };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const [error] = validateDefinition(withParams("detect", { [name]: value }));
      expect(error).toMatch(new RegExp(`^Parameter "${name}" of the node "detect" must be `));
    }
  }
  const params = { classes: ["dog"], confidence: 0.5, iou: 0 };
  expect(validateDefinition(withParams("detect", params))).toEqual([]);
});

Deno.test("a node must not be named like a property of every object, nor like another field of the result", () => {
  const renamed = (from: string, to: string) =>
    JSON.parse(JSON.stringify(yoloOcr).replaceAll(`"${from}"`, `"${to}"`));
  for (const id of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
    expect(validateDefinition(renamed("track", id)).filter((error) => error.includes("Node id")))
      .toEqual([`Node id "${id}" has a meaning of its own: choose another`]);
  }
  const steps = { id: "text", step: "detect" };
  const graph = renamed("read", "text");
  graph.nodes = graph.nodes.map((node: { id: string }) =>
    node.id === "text" ? { ...node, ...steps } : node
  );
  expect(validateDefinition(graph)).toContain(
    'Node id "text" has a meaning of its own: choose another',
  );
  const reader = renamed("read", "text");
  reader.nodes[3].step = "read";
  expect(validateDefinition(reader)).toEqual([]);
});

Deno.test("a field that nodes and edges have not is refused, since it would be without effect", () => {
  const nodes = yoloOnly.nodes.map((node) => ({ ...node, interval: 500 }));
  expect(validateDefinition({ ...yoloOnly, nodes })[1]).toBe(
    '"nodes[1]" has an unknown field "interval": it may have id, step, params, interval_ms',
  );
  const edges = yoloOnly.edges.map((edge) => ({ ...edge, port: 1 }));
  expect(validateDefinition({ ...yoloOnly, edges })[0]).toBe(
    '"edges[0]" has an unknown field "port": it may have from, to',
  );
});

Deno.test("validation is quick for the largest graphs, whatever their shape", () => {
  const chain = (length: number, step: string, interval_ms?: number) => {
    const ids = Array.from({ length }, (_, index) => `n${index}`);
    const between = ids.map((id) => ({
      id,
      step,
      ...(interval_ms !== undefined && { interval_ms }),
    }));
    return {
      ...yoloOnly,
      nodes: [{ id: "decode", step: "decode" }, ...between.reverse(), {
        id: "output",
        step: "result",
      }],
      edges: ["decode", ...ids].map((from, index) => ({ from, to: ids[index] ?? "output" })),
    };
  };
  const startedAt = performance.now();
  for (const step of ["detect", "filter", "track", "read", "result", "decode"]) {
    expect(validateDefinition(chain(98, step))).not.toEqual([]);
    expect(validateDefinition(chain(98, step, 5))).not.toEqual([]);
  }
  // Some milliseconds; what grows with the number of paths would take hours.
  expect(performance.now() - startedAt).toBeLessThan(5000);
});

Deno.test("a definition is not answered with far more than it holds", () => {
  const params = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`p${index}`, 1]));
  expect(validateDefinition(withParams("detect", params))).toHaveLength(100);
  const long = "x".repeat(60_000);
  const field = yoloOnly.nodes.map((node) => ({ ...node, [long]: 1 }));
  for (const odd of [withParams("detect", { [long]: 1 }), { ...yoloOnly, nodes: field }]) {
    const [error] = validateDefinition(odd);
    expect(error).toContain("unknown");
    expect(error.length).toBeLessThan(300);
  }
});

Deno.test("the result takes several lists of detections, any other step one", () => {
  const nodes = [
    { id: "decode", step: "decode" },
    { id: "one", step: "detect" },
    { id: "other", step: "detect" },
    { id: "filter", step: "filter" },
    { id: "output", step: "result" },
  ];
  const edges = [
    ["decode", "one"],
    ["decode", "other"],
    ["decode", "filter"],
    ["one", "filter"],
    ["decode", "output"],
    ["filter", "output"],
    ["other", "output"],
  ].map(([from, to]) => ({ from, to }));
  const definition = { id: "x", name: "x", description: "x", nodes, edges };
  expect(validateDefinition(definition)).toEqual([]);
  const twice = { ...definition, edges: [...edges, { from: "other", to: "filter" }] };
  expect(validateDefinition(twice)).toEqual([
    'Node "filter" is given detections more than once',
  ]);
});

Deno.test("models that nodes look with are those of GET /models that are made for it", () => {
  const nodes = (step: string, params: Record<string, unknown>) => [
    { id: "decode", step: "decode" },
    { id: "look", step, params },
    { id: "output", step: "result" },
  ];
  const edges = [
    { from: "decode", to: "look" },
    { from: "decode", to: "output" },
    { from: "look", to: "output" },
  ];
  const known = { roles: new Map([["own", "detector"], ["kinds", "classifier"]]) } as const;
  const errors = (step: string, model: string | undefined, ofAll: ModelRole) => {
    const params = model === undefined ? {} : { model };
    return validateDefinition(definition({ nodes: nodes(step, params), edges }), {
      ...known,
      ofAll,
    });
  };
  expect(errors("detect", "own", "classifier")).toEqual([]);
  expect(errors("classify", "kinds", "detector")).toEqual([]);
  expect(errors("classify", undefined, "classifier")).toEqual([]);
  expect(errors("detect", undefined, "detector")).toEqual([]);
  expect(errors("detect", "/a/path.onnx", "detector")).toEqual([]);
  expect(errors("detect", "kinds", "detector")).toEqual([
    'Parameter "model" of the node "look" names no detector of GET /models: "kinds"',
  ]);
  expect(errors("classify", "nothing", "detector")).toEqual([
    'Parameter "model" of the node "look" names no classifier of GET /models: "nothing"',
  ]);
  expect(errors("classify", undefined, "detector")).toEqual([
    'Parameter "model" of the node "look" is missing, and YOLO_MODEL is a detector; the name or the path of a classifier works',
  ]);
});
