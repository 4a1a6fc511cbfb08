import { parseArgs, type ParseArgsConfig } from "node:util";
import { UsageError } from "./usage_error.ts";

/**
 * Reads the options of a command, and its other arguments.
 *
 * @param command What `--help` is asked for, such as `detect`
 * @throws {UsageError} If an option is unknown, or lacks its value
 */
export function readOptions<T extends ParseArgsConfig>(
  command: string,
  config: T,
): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    const [reason] = (error as Error).message.split(". ");
    throw new UsageError(`${reason}; see "${command} --help"`);
  }
}
