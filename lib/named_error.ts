/** An error whose `name` is that of its class, so that logs and `String(error)` tell it apart. */
export class NamedError extends Error {
  /** Name of the class. */
  override get name(): string {
    return this.constructor.name;
  }
}
