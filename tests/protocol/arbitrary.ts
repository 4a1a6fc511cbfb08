import fc from "fast-check";
import type * as v from "valibot";

/** The parts of a schema that are looked at here. */
interface AnySchema {
  type: string;
  pipe?: readonly { type: string; requirement?: unknown; metadata?: { format?: string } }[];
  entries?: Record<string, AnySchema>;
  item?: AnySchema;
  items?: readonly AnySchema[];
  wrapped?: AnySchema;
  options?: readonly unknown[];
  literal?: unknown;
  value?: AnySchema;
}

/** Any value that is as a schema says, so that a test need not be told of new fields. */
export function arbitraryOf(schema: v.GenericSchema): fc.Arbitrary<unknown> {
  return arbitrary(schema as unknown as AnySchema);
}

function arbitrary(schema: AnySchema): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case "object":
    case "strict_object":
      return arbitraryObject(schema.entries ?? {});
    case "array":
      return fc.array(arbitrary(need(schema.item)), { maxLength: 3, ...least(schema.pipe) });
    case "strict_tuple":
      return fc.tuple(...need(schema.items).map(arbitrary));
    case "union":
      return fc.oneof(...need(schema.options).map((option) => arbitrary(option as AnySchema)));
    case "picklist":
      return fc.constantFrom(...need(schema.options));
    case "literal":
      return fc.constant(schema.literal);
    case "nullable":
      return fc.option(arbitrary(need(schema.wrapped)));
    case "optional":
    case "exact_optional":
      return arbitrary(need(schema.wrapped));
    case "record":
      return fc.dictionary(fc.string(), arbitrary(need(schema.value)), { noNullPrototype: true });
    case "boolean":
      return fc.boolean();
    case "string":
      return arbitraryText(schema);
    case "number":
      return arbitraryNumber(schema);
    case "unknown":
      return fc.jsonValue();
    default:
      throw new Error(`Cannot make a value of the type ${schema.type}`);
  }
}

function arbitraryObject(entries: Record<string, AnySchema>): fc.Arbitrary<unknown> {
  const isOptional = ({ type }: AnySchema) => type === "optional" || type === "exact_optional";
  const names = Object.keys(entries);
  return fc.record(
    Object.fromEntries(names.map((name) => [name, arbitrary(need(entries[name]))])),
    {
      requiredKeys: names.filter((name) => !isOptional(need(entries[name]))),
      noNullPrototype: true,
    },
  );
}

function arbitraryText({ pipe = [] }: AnySchema): fc.Arbitrary<string> {
  const pattern = pipe.find(({ type }) => type === "regex")?.requirement as RegExp | undefined;
  switch (pipe.find(({ metadata }) => metadata)?.metadata?.format) {
    case "date-time":
      return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date("2999-01-01") })
        .map((date) => date.toISOString());
    case "uuid":
      return fc.uuid();
    default:
      return pattern === undefined ? fc.string(lengths(pipe)) : fc.stringMatching(pattern);
  }
}

function lengths(pipe: NonNullable<AnySchema["pipe"]>): fc.StringConstraints {
  const bound = (type: string) =>
    pipe.find((action) => action.type === type)?.requirement as number | undefined;
  const [minLength = 0, maxLength] = [bound("min_length"), bound("max_length")];
  return { minLength, ...(maxLength !== undefined && { maxLength }) };
}

/** Fewest entries of a list. */
function least(pipe: AnySchema["pipe"] = []): { minLength?: number } {
  const least = pipe.find(({ type }) => type === "min_length")?.requirement;
  return typeof least === "number" ? { minLength: least } : {};
}

function arbitraryNumber({ pipe = [] }: AnySchema): fc.Arbitrary<number> {
  const bound = (type: string) =>
    pipe.find((action) => action.type === type)?.requirement as number | undefined;
  const [min = -1e6, max = 1e6] = [bound("min_value"), bound("max_value")];
  return pipe.some(({ type }) => type === "integer")
    ? fc.integer({ min, max: Math.min(max, 1e9) })
    : fc.double({ min, max, noNaN: true });
}

function need<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("Cannot make a value of an unknown schema");
  return value;
}
