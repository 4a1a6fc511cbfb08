/** The HTTP status codes that say that a request failed. */
// deno-fmt-ignore
export type ErrorStatus =
  | 400 | 401 | 402 | 403 | 404 | 405 | 406 | 407 | 408 | 409 | 410 | 411 | 412 | 413 | 414 | 415
  | 416 | 417 | 418 | 421 | 422 | 423 | 424 | 425 | 426 | 428 | 429 | 431 | 451
  | 500 | 501 | 502 | 503 | 504 | 505 | 506 | 507 | 508 | 510 | 511;

/** An error that answers the request with its status; its message is shown to the client. */
export class HttpError extends Error {
  /** The status of the response. */
  status: ErrorStatus;

  /**
   * Makes an error that answers the request.
   * | @param status The status of the response.
   * @param message Shown to the client; empty if left out.
   * @param options Its `cause` is never sent.
   */
  constructor(status: ErrorStatus, message?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "HttpError";
    this.status = status;
  }
}
