/**
 * The values that messages are made of, as schemas.
 *
 * @module
 */

import * as v from "valibot";

/** Any text, the empty one too. */
export const text = v.string();

/** A whole number from 0: a size in pixels or bytes, a number of things, a position among them. */
export const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** A part of a whole, or how certain something is, from 0 to 1. */
export const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** A time that something took, from 0; the field's name says whether in `_ms` or in `_s`. */
export const duration = v.pipe(v.number(), v.minValue(0));

/** A moment as ISO 8601 in UTC. That it is one is documented and tested, but not checked, which would cost the page 0.3 KB. */
export const time = v.pipe(v.string(), v.metadata({ format: "date-time" }));

/** A random UUID that the server chose; not checked, like {@linkcode time}. */
export const uuid = v.pipe(v.string(), v.metadata({ format: "uuid" }));
