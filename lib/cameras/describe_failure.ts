import { NamedError } from "../named_error.ts";
import { type Failure, toFailure } from "./camera_source.ts";
import { hideSecrets } from "./camera_url.ts";

/** Thrown where the pipeline of a camera is not there any more. */
export class UnknownPipeline extends NamedError {
  /** Names it. */
  constructor(id: string) {
    super(`There is no pipeline ${JSON.stringify(id)}`);
  }
}

/**
 * Tells what people may know of an error of a camera.
 *
 * @param url Of the camera, whose secrets are left out
 * @param isSourceFailure Whether an error of a source is meant for people
 */
export function describeFailure(
  error: unknown,
  url: string,
  isSourceFailure: (error: unknown) => boolean,
): Failure {
  if (error instanceof UnknownPipeline) return { code: "pipeline_failure", detail: error.message };
  const { cause, detail, code } = toFailure(error, isSourceFailure);
  return {
    code,
    detail: hideSecrets(detail, url),
    ...(cause !== undefined && { cause: hideSecrets(cause, url) }),
  };
}
