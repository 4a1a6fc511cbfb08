import { computed, signal } from "@preact/signals";

/** Reads the array that `serialize` wrote. */
export function deserialize(items: readonly unknown[]): unknown {
  const values: unknown[] = [];

  function at(index: number): unknown {
    if (index in values) return values[index];
    const item = items[index];
    if (!Array.isArray(item)) return values[index] = item;
    const [kind, ...parts] = item;
    return kind in containers
      ? containers[kind as keyof typeof containers](index, parts)
      : values[index] = leaf(kind, parts[0]);
  }

  // A container is stored before it is filled, since it may hold itself.
  const containers = {
    array(index: number, parts: number[]): unknown {
      const array: unknown[] = values[index] = [];
      for (const part of parts) array.push(at(part));
      return array;
    },
    set(index: number, parts: number[]): unknown {
      const set = values[index] = new Set();
      for (const part of parts) set.add(at(part));
      return set;
    },
    map(index: number, parts: number[]): unknown {
      const map = values[index] = new Map();
      for (let i = 0; i < parts.length; i += 2) {
        map.set(at(parts[i]!), at(parts[i + 1]!));
      }
      return map;
    },
    object(index: number, parts: (string | number)[]): unknown {
      const object = values[index] = {};
      for (let i = 0; i < parts.length; i += 2) {
        const value = at(parts[i + 1] as number);
        // An assignment to `__proto__` would set the prototype.
        const flags = { writable: true, enumerable: true, configurable: true };
        Object.defineProperty(object, parts[i]!, { value, ...flags });
      }
      return object;
    },
    signal(index: number, [part]: number[]): unknown {
      const it = values[index] = signal<unknown>(undefined);
      it.value = at(part!);
      return it;
    },
    computed(index: number, [part]: number[]): unknown {
      const value = at(part!);
      return values[index] = computed(() => value);
    },
  };

  return at(0);
}

function leaf(kind: string, text: string | number | null): unknown {
  switch (kind) {
    case "number":
      return Number(text);
    case "bigint":
      return BigInt(text as string);
    case "date":
      return new Date(text ?? NaN);
    case "bytes":
      return Uint8Array.from(atob(text as string), (it) => it.charCodeAt(0));
    default:
      return undefined;
  }
}
