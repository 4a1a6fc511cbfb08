/**
 * The fields of an object as rows of a table.
 *
 * @module
 */

import { describeType, type TypeWord } from "./describe_type.ts";
import type { Schema } from "./open_api_document.ts";

/** One field. */
export interface FieldRow {
  /** Its name, after those of the objects that it is in: `video.width`, `nodes[].id`. */
  path: string;
  /** What it may be. */
  type: readonly TypeWord[];
  /** Whether it may be left out. */
  isOptional: boolean;
  /** What it means; empty where nothing is said. */
  meaning: string;
}

/**
 * Describes every field, also of those objects within that have no name of their own.
 *
 * @param prefix Path of the object, with a dot at its end; empty for the outermost
 */
export function describeFields(schema: Schema, prefix = ""): FieldRow[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, property]) => {
    if (typeof property === "boolean") return [];
    const path = prefix + name;
    const row: FieldRow = {
      path,
      type: describeType(property),
      isOptional: !required.includes(name),
      meaning: property.description ?? "",
    };
    const list = property.items;
    const isList = typeof list === "object" && !Array.isArray(list);
    const inner = isList ? list : property.anyOf?.[0] ?? property;
    return typeof inner === "object"
      ? [row, ...describeFields(inner, `${path}${isList ? "[]" : ""}.`)]
      : [row];
  });
}
