/** An error that answers the request with its status; its message is shown to the client. */
export class HttpError extends Error {
  /** The status of the response, 400 or above. */
  status: number;

  /**
   * Makes an error that answers the request.
   *
   * @param status The status of the response, 400 or above.
   * @param message Shown to the client; empty if left out.
   */
  constructor(status: number, message?: string) {
    super(message);
    this.name = "HttpError";
    this.status = status;
  }
}
