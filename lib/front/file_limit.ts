/**
 * How many files the process may have open, and how the door shares them out.
 *
 * @module
 */

/** Where a system has no limit to speak of. */
const NO_LIMIT = 65_536;
/** What is safe to assume where nothing can be found out. */
const USUAL_LIMIT = 1024;
const MAX_CONNECTIONS = 4096;
const DEFAULT_PER_ADDRESS = 256;
/** Share of the descriptors that the door leaves to the rest: the database, uploads, decode processes. */
const RESERVED_SHARE = 0.25;

/**
 * How many files this process may have open; Deno has raised its limit as far as it may.
 *
 * It is asked of a child, which inherits it, because Deno lets nobody read it.
 */
export async function fileLimit(): Promise<number> {
  if (Deno.build.os === "windows") return NO_LIMIT;
  try {
    const { stdout } = await new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).output();
    const text = new TextDecoder().decode(stdout).trim();
    return text === "unlimited" ? NO_LIMIT : Number(text) || USUAL_LIMIT;
  } catch {
    return USUAL_LIMIT;
  }
}

/** What the door may hold. */
export interface DoorShares {
  /** Connections of clients. */
  connections: { total: number; perAddress: number };
  /** Requests and WebSockets that are passed on. */
  exchanges: { total: number; perAddress: number };
}

/**
 * Shares out the descriptors, of which a connection takes one, and two more while something is passed on.
 *
 * @param files How many files the process may have open
 * @param configured What the operator has set; a single address has at most half where nothing is said about it
 */
export function shareFiles(
  files: number,
  { maxConnections, maxConnectionsPerAddress }: {
    maxConnections: number | undefined;
    maxConnectionsPerAddress: number | undefined;
  },
): DoorShares {
  const connections = maxConnections ?? Math.max(1, Math.min(MAX_CONNECTIONS, files >> 1));
  // Clients that only wait never make it impossible to pass anything on.
  const free = Math.max(files * (1 - RESERVED_SHARE) - connections, files * RESERVED_SHARE);
  const exchanges = Math.max(1, Math.min(connections, Math.floor(free / 2)));
  const perAddress = (total: number) =>
    maxConnectionsPerAddress ?? Math.min(DEFAULT_PER_ADDRESS, Math.ceil(total / 2));
  return {
    connections: { total: connections, perAddress: perAddress(connections) },
    exchanges: { total: exchanges, perAddress: perAddress(exchanges) },
  };
}
