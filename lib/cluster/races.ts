/**
 * What JetStream answers where several machines do the same thing at the same moment.
 *
 * @module
 */

import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";

/** Codes that mean that another machine has just made the same stream: its name is taken, or its subjects are. */
const MADE_MEANWHILE = [10058, 10065];

/** Whether a value was not written because it is not what the writer took it to be. */
export function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError &&
    (error.code === JetStreamApiCodes.StreamWrongLastSequence ||
      error.code === JetStreamApiCodes.StreamWrongLastSequenceUnknown);
}

/**
 * Makes streams or buckets unless they are there. Machines that start together all find that they are missing, and only the first
 * can make them: the others look again.
 *
 * @param make Looks for them, and makes those that are missing
 */
export async function makeOnce<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof JetStreamApiError && MADE_MEANWHILE.includes(error.code))) throw error;
    return await make();
  }
}
