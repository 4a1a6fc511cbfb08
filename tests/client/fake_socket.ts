/**
 * A WebSocket whose server is the test: real ones cannot be made to stall, fill up or close with any code at will.
 */
export class FakeSocket {
  /** All sockets opened since the last {@linkcode FakeSocket.reset}, oldest first. */
  static opened: FakeSocket[] = [];

  readyState = 0;
  bufferedAmount = 0;
  /** Frames that were sent. */
  sent: Uint8Array[] = [];
  /** Text messages that were sent. */
  texts: string[] = [];
  closedWith: number | undefined;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onerror: ((event: { message?: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly url: string;

  constructor(url: string) {
    this.url = url;
    FakeSocket.opened.push(this);
  }

  static reset(): void {
    FakeSocket.opened = [];
  }

  /** The socket in use. */
  static get last(): FakeSocket {
    const socket = FakeSocket.opened.at(-1);
    if (socket === undefined) throw new Error("No socket was opened");
    return socket;
  }

  /** As a constructor of the real type. */
  static get asWebSocket(): typeof WebSocket {
    return FakeSocket as unknown as typeof WebSocket;
  }

  send(message: Uint8Array | string): void {
    if (typeof message === "string") this.texts.push(message);
    else this.sent.push(message);
  }

  close(code: number): void {
    this.readyState = 3;
    this.closedWith = code;
  }

  /** The server accepts. */
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  /** The server says something. */
  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  /** The connection cannot be opened, for a reason that browsers keep to themselves. */
  refuse(message?: string): void {
    this.readyState = 3;
    this.onerror?.(message === undefined ? {} : { message });
    this.end(1006);
  }

  /** The connection ends, as the server or the network will it. */
  end(code: number, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}
