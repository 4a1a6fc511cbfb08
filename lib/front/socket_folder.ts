/**
 * The folder of the socket between the door and the application.
 *
 * @module
 */

import { join } from "node:path";

/** A folder that only the user of this process can enter. */
export interface SocketFolder {
  /** Where to listen. */
  socketPath: string;
  /** Takes away the socket of a server that has ended. */
  clear(): Promise<void>;
  /** Takes away the folder. */
  remove(): Promise<void>;
}

const PREFIX = "livesyte-door-";
const SOCKET_NAME = "s";
/** The system's limit on paths of sockets, in bytes; the least of all systems. */
const MAX_PATH_BYTES = 103;

async function ignoreFailure(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch {
    // It is not there, or somebody else's.
  }
}

/** Takes away a folder that nobody listens in any more, as a process leaves it that was killed. */
async function removeIfDead(folder: string): Promise<void> {
  const path = join(folder, SOCKET_NAME);
  try {
    (await Deno.connect({ transport: "unix", path })).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionRefused)) return;
    await ignoreFailure(() => Deno.remove(path));
    await ignoreFailure(() => Deno.remove(folder));
  }
}

async function removeDeadFolders(parent: string): Promise<void> {
  await ignoreFailure(async () => {
    for await (const { name, isDirectory } of Deno.readDir(parent)) {
      if (isDirectory && name.startsWith(PREFIX)) await removeIfDead(join(parent, name));
    }
  });
}

/**
 * Makes a folder, with mode 0700, in the one for temporary files; folders of processes that were killed are taken away.
 *
 * @returns `undefined` where there can be none: nothing can be written, or the path would be too long for a socket
 */
export async function makeSocketFolder(): Promise<SocketFolder | undefined> {
  let folder: string;
  try {
    folder = await Deno.makeTempDir({ prefix: PREFIX });
  } catch {
    return undefined;
  }
  const socketPath = join(folder, SOCKET_NAME);
  if (new TextEncoder().encode(socketPath).length > MAX_PATH_BYTES) {
    await ignoreFailure(() => Deno.remove(folder));
    return undefined;
  }
  await removeDeadFolders(join(folder, ".."));
  return {
    socketPath,
    clear: () => ignoreFailure(() => Deno.remove(socketPath)),
    remove: () => ignoreFailure(() => Deno.remove(folder, { recursive: true })),
  };
}
