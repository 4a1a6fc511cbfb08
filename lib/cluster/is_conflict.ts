import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";

/** Whether a value was not written because it is not what the writer took it to be. */
export function isConflict(error: unknown): boolean {
  return error instanceof JetStreamApiError &&
    (error.code === JetStreamApiCodes.StreamWrongLastSequence ||
      error.code === JetStreamApiCodes.StreamWrongLastSequenceUnknown);
}
