import { cutText } from "../cut_text.ts";
import { isModelName } from "../models/model_catalog.ts";
import type { ModelRole } from "../models/model_role.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import { missing, roleIn } from "./model_uses.ts";
import type { Step, ValueType } from "./step.ts";
import { modelOf, RESULT_STEP, STEPS } from "./steps.ts";

/** One node of a pipeline. */
type PipelineNode = PipelineDefinition["nodes"][number];

/** Most faults that are told, and most characters of a name in one: what is refused is not to be answered with far more. */
const MOST_ERRORS = 100;
const MAX_NAME = 64;

/** Longest interval of a node, in milliseconds: an hour. */
const LONGEST_INTERVAL_MS = 3_600_000;

/** The models that nodes may look with. */
export interface KnownModels {
  /** What each is for, by its name. */
  roles: ReadonlyMap<string, string>;
  /** What that of all nodes that name no other is for. */
  ofAll: ModelRole;
}

/**
 * Checks whether a value is a pipeline that can run.
 *
 * @param value Anything, such as parsed JSON.
 * @param models The models that nodes may look with; any by default. Paths of files are not looked at.
 * @returns What is wrong with it, a sentence each, at most a hundred; empty for a valid pipeline.
 */
export function validateDefinition(value: unknown, models?: KnownModels): string[] {
  const errors = findErrors(value);
  if (errors.length > 0 || models === undefined) return errors.slice(0, MOST_ERRORS);
  return modelErrors(value as PipelineDefinition, models);
}

function modelErrors({ nodes }: PipelineDefinition, { roles, ofAll }: KnownModels): string[] {
  return nodes.flatMap(({ id, step, params = {} }) => {
    const [role, model] = [roleIn(step), modelOf(params)];
    if (role === undefined) return [];
    const parameter = `Parameter "model" of the node "${id}"`;
    if (model === undefined) return role === ofAll ? [] : [`${parameter} ${missing(role, ofAll)}`];
    if (roles.get(model) === role || !isModelName(model)) return [];
    return [`${parameter} names no ${role} of GET /models: "${model}"`];
  });
}

function findErrors(value: unknown): string[] {
  const shape = shapeErrors(value);
  if (shape.length > 0) return shape;
  const definition = value as PipelineDefinition;
  const errors = [...nodeErrors(definition), ...endpointErrors(definition)];
  // What follows would only repeat those errors in other words.
  if (errors.length > 0) return errors;
  errors.push(...edgeErrors(definition), ...inputErrors(definition), ...cycleErrors(definition));
  return errors.length > 0 ? errors : [...reachErrors(definition), ...intervalErrors(definition)];
}

/** Ids of the nodes that no edge leads to. */
export function entryNodes({ nodes, edges }: PipelineDefinition): string[] {
  const targets = new Set(edges.map((edge) => edge.to));
  return nodes.map((node) => node.id).filter((id) => !targets.has(id));
}

/** Ids of the nodes that no edge leads from. */
export function outputNodes({ nodes, edges }: PipelineDefinition): string[] {
  const sources = new Set(edges.map((edge) => edge.from));
  return nodes.map((node) => node.id).filter((id) => !sources.has(id));
}

/**
 * The nodes in an order in which each comes after those that it takes values from (Kahn 1962).
 *
 * Nodes on a cycle, or behind one, are left out.
 */
export function executionOrder({ nodes, edges }: PipelineDefinition): PipelineNode[] {
  const order: PipelineNode[] = [];
  const done = new Set<string>();
  let ready: PipelineNode[];
  do {
    ready = nodes.filter(({ id }) =>
      !done.has(id) && edges.every(({ from, to }) => to !== id || done.has(from))
    );
    for (const node of ready) done.add(node.id);
    order.push(...ready);
  } while (ready.length > 0);
  return order;
}

function shapeErrors(value: unknown): string[] {
  if (!isRecord(value)) return ["The definition must be an object"];
  const errors: string[] = [];
  for (const key of ["id", "name", "description"]) {
    if (!isText(value[key])) errors.push(`"${key}" must be a string of 1 to 200 characters`);
  }
  for (const list of ["nodes", "edges"] as const) {
    const items = value[list];
    if (!Array.isArray(items)) errors.push(`"${list}" must be an array`);
    // The bound keeps validation quick, whatever a client sends.
    else if (items.length > 100) errors.push(`"${list}" must have at most 100 entries`);
    else errors.push(...items.flatMap((item, index) => itemErrors(list, index, item)));
  }
  return errors;
}

/** The fields of a node and of an edge: those that they must have, then those that they may have. */
const FIELDS = {
  nodes: [["id", "step"], ["params", "interval_ms"]],
  edges: [["from", "to"], []],
} as const;

function itemErrors(list: keyof typeof FIELDS, index: number, item: unknown): string[] {
  const path = `${list}[${index}]`;
  const [needed, others] = FIELDS[list];
  if (!isRecord(item) || !needed.every((key) => isText(item[key]))) {
    return [`"${path}" must have the strings ${needed.join(" and ")}`];
  }
  const known: readonly string[] = [...needed, ...others];
  const unknown = Object.keys(item).find((key) => !known.includes(key));
  // One that is misspelt would be without effect.
  if (unknown !== undefined) {
    return [
      `"${path}" has an unknown field "${cutText(unknown, MAX_NAME)}": it may have ${
        known.join(", ")
      }`,
    ];
  }
  if (item.params !== undefined && !isRecord(item.params)) {
    return [`"${path}.params" must be an object`];
  }
  return isInterval(item.interval_ms) ? [] : [
    `"${path}.interval_ms" must be a number between 0 and ${LONGEST_INTERVAL_MS}`,
  ];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isInterval(value: unknown): boolean {
  return value === undefined ||
    typeof value === "number" && value >= 0 && value <= LONGEST_INTERVAL_MS;
}

function isText(value: unknown): boolean {
  return typeof value === "string" && value.length > 0 && value.length <= 200;
}

function nodeErrors({ nodes }: PipelineDefinition): string[] {
  const errors: string[] = [];
  const seen = new Set<string>();
  for (const node of nodes) {
    const { id, step } = node;
    if (seen.has(id)) errors.push(`Node id "${id}" is used more than once`);
    seen.add(id);
    if (!isUsableId(node)) errors.push(`Node id "${id}" has a meaning of its own: choose another`);
    if (!STEPS.has(step)) errors.push(`Node "${id}" has an unknown step "${step}"`);
    else errors.push(...paramErrors(node));
  }
  const results = nodes.filter((node) => node.step === RESULT_STEP).length;
  if (results !== 1) {
    errors.push(`Exactly one node must have the step "${RESULT_STEP}", found ${results}`);
  }
  return errors;
}

/** Values and results have fields that are named after nodes. */
function isUsableId({ id, step, interval_ms }: PipelineNode): boolean {
  const isInherited = id in {};
  // Its `text_frame_index` is that of the text.
  const isText = id === "text" && interval_ms !== undefined;
  return !isInherited && !(isText && STEPS.get(step)?.produces !== "lines");
}

function paramErrors({ id, step, params = {} }: PipelineNode): string[] {
  const known = new Map(Object.entries(STEPS.get(step)?.params ?? {}));
  const errors: string[] = [];
  for (const [name, value] of Object.entries(params)) {
    const param = known.get(name);
    if (param === undefined) {
      const names = [...known.keys()].join(", ") || "none";
      errors.push(
        `Node "${id}" has an unknown parameter "${
          cutText(name, MAX_NAME)
        }": the step "${step}" has ${names}`,
      );
    } else if (!param.accepts(value)) {
      errors.push(`Parameter "${name}" of the node "${id}" must be ${param.expected}`);
    }
  }
  return errors;
}

function endpointErrors({ nodes, edges }: PipelineDefinition): string[] {
  const ids = new Set(nodes.map((node) => node.id));
  return edges.flatMap(({ from, to }) =>
    [from, to]
      .filter((id) => !ids.has(id))
      .map((id) => `Edge "${from}" to "${to}" names an unknown node "${id}"`)
  );
}

function edgeErrors(definition: PipelineDefinition): string[] {
  const stepOf = stepsById(definition);
  const errors: string[] = [];
  const taken = new Set<string>();
  for (const { from, to } of definition.edges) {
    const type = stepOf(from)?.produces;
    const accepted = stepOf(to)?.accepts ?? {};
    if (type === undefined || !(type in accepted)) {
      const expected = Object.keys(accepted).join(" or ") || "nothing";
      errors.push(`Edge "${from}" to "${to}" carries ${type}, but "${to}" accepts ${expected}`);
    } else if (taken.has(`${type} ${to}`) && !joins(stepOf(to), type)) {
      errors.push(`Node "${to}" is given ${type} more than once`);
    }
    taken.add(`${type} ${to}`);
  }
  return errors;
}

/** The result may be made of what several nodes have found. */
function joins(step: Step | undefined, type: ValueType): boolean {
  return step === STEPS.get(RESULT_STEP) && (type === "detections" || type === "classes");
}

function inputErrors(definition: PipelineDefinition): string[] {
  const stepOf = stepsById(definition);
  return definition.nodes.flatMap(({ id }) => {
    const sources = definition.edges.filter((edge) => edge.to === id).map((edge) => edge.from);
    const given = new Set(sources.map((source) => stepOf(source)?.produces));
    return Object.entries(stepOf(id)?.accepts ?? {})
      .filter(([type, need]) => need === "required" && !given.has(type as ValueType))
      .map(([type]) => `Node "${id}" is unreachable: no edge brings it ${type}`);
  });
}

function stepsById({ nodes }: PipelineDefinition) {
  const steps = new Map(nodes.map(({ id, step }) => [id, STEPS.get(step)]));
  return (id: string) => steps.get(id);
}

function cycleErrors(definition: PipelineDefinition): string[] {
  const ordered = new Set(executionOrder(definition).map((node) => node.id));
  const stuck = definition.nodes.map((node) => node.id).filter((id) => !ordered.has(id));
  return stuck.length === 0 ? [] : [`Nodes are on or behind a cycle: ${stuck.join(", ")}`];
}

/** Without a cycle every node is reached from an entry, so this finds work that nothing uses. */
function reachErrors({ nodes, edges }: PipelineDefinition): string[] {
  const used = new Set(nodes.filter((node) => node.step === RESULT_STEP).map((node) => node.id));
  // A set's iteration also visits what is added during it.
  for (const id of used) {
    for (const { from, to } of edges) if (to === id) used.add(from);
  }
  return nodes
    .filter((node) => !used.has(node.id))
    .map((node) => `Node "${node.id}" is unreachable from the result`);
}

/** A value that is older than the frame cannot be waited for in every frame. */
function intervalErrors(definition: PipelineDefinition): string[] {
  const stepOf = stepsById(definition);
  const onMain = (id: string) => !["detection", "reading"].includes(stepOf(id)?.runsOn ?? "");
  const errors: string[] = [];
  const slow = new Map<string, string>();
  for (const { id, interval_ms } of executionOrder(definition)) {
    const sources = definition.edges.filter(({ to }) => to === id).map(({ from }) => from);
    const [origin] = sources.flatMap((source) => slow.get(source) ?? []);
    if (interval_ms !== undefined) {
      if (onMain(id)) errors.push(`Node "${id}" must not have interval_ms: its step takes no time`);
      slow.set(id, id);
    } else if (origin !== undefined) {
      slow.set(id, origin);
      if (!onMain(id)) {
        errors.push(
          `Node "${id}" needs interval_ms, since it takes values of "${origin}", which has it`,
        );
      }
    }
  }
  return errors;
}
