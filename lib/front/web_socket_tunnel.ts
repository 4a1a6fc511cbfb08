/**
 * A WebSocket on its way through the door.
 *
 * @module
 */

import { frontMetrics } from "../telemetry/metrics.ts";
import { Deadline } from "./deadline.ts";
import { encodeClose, encodeFrame, type FrameHeader, isControl, OPCODES } from "./frame_header.ts";
import { FrameScanner } from "./frame_scanner.ts";
import type { LargeMessages } from "./large_messages.ts";
import type { ConnectionLimits } from "./limits.ts";
import { MessageMeter, type MessageRule, type WebSocketRefusal } from "./message_rule.ts";
import { Pace } from "./pace.ts";
import { type Peer, PeerGoneError } from "./peer.ts";
import { TokenBucket } from "./token_bucket.ts";
import type { Sender, UnfinishedMessages } from "./unfinished_messages.ts";

/** What a tunnel needs beside its two ends. */
export interface TunnelOptions {
  /** What is asked of the client's messages. */
  rule: MessageRule;
  /** Times and rates. */
  limits: ConnectionLimits;
  /** The half-sent messages of all tunnels. */
  unfinished: UnfinishedMessages;
  /** The large ones among them. */
  large: LargeMessages;
}

/** A refused client may go on sending so much, in bytes, since a reset would take its error from it. */
const MAX_DISCARDED_BYTES = 16 * 1_048_576;
/** A message that is announced as larger than this has to wait for its turn. */
const LARGE_BYTES = 262_144;
/** What a control frame costs; a frame of a message costs 1. */
const CONTROL_FRAME_TOKENS = 10;
/** How long a client that sends frames too fast is not read, in milliseconds. */
const THROTTLE_MS = 50;

/**
 * Passes frames both ways and looks at nothing but their headers.
 *
 * A message that breaks the rule is not passed on: the client is told and closed, and the server gets a close frame with the
 * same code.
 */
export class WebSocketTunnel implements Sender {
  readonly #client: Peer;
  readonly #server: Peer;
  readonly #options: TunnelOptions;
  readonly #fromClient = new FrameScanner();
  readonly #fromServer = new FrameScanner();
  readonly #meter: MessageMeter;
  readonly #pace: Pace;
  readonly #rate: TokenBucket;
  readonly #slow = new Deadline(() => this.#refuse({ code: 1013, reason: "too_slow" }));
  /** Nobody is read while it waits, so its leaving would not be noticed. */
  readonly #waiting = new Deadline(() => this.#refuseWaiting());
  readonly #closing = new Deadline(() => this.#abandon());
  readonly #abandoned = new Deadline(() => this.#server.cut());
  #isClosing = false;
  /** Why the frame that comes next may not pass yet. */
  #obstacle: "rate" | "turn" | undefined;
  #isWaiting = false;
  /** Whether the message that is coming is a large one. */
  #isTurnUsed = false;
  #refusal: WebSocketRefusal | undefined;
  readonly #clientTold: PromiseWithResolvers<void> = Promise.withResolvers();
  /** End the waits for bytes of the client and of the server, which otherwise last until some come. */
  #wakes: [client: () => void, server: () => void] = [() => {}, () => {}];

  /** Begins where both sides have agreed on the WebSocket. */
  constructor(client: Peer, server: Peer, options: TunnelOptions) {
    this.#client = client;
    this.#server = server;
    this.#options = options;
    this.#meter = new MessageMeter(options.rule);
    this.#pace = new Pace(options.limits.pace);
    this.#rate = new TokenBucket(options.limits.frameRate);
  }

  /** Passes frames until both sides have ended, or have been ended. */
  async run(): Promise<void> {
    try {
      await Promise.all([this.#passToServer(), this.#passToClient()]);
    } finally {
      this.#forget();
      this.#slow.dispose();
      this.#waiting.dispose();
      this.#closing.dispose();
      this.#abandoned.dispose();
      this.#client.cut();
    }
  }

  /** Ends the client, because half-sent messages hold too much memory, and its own the most. */
  overload(): void {
    this.#refuse({ code: 1013, reason: "overloaded" });
  }

  async #passToServer(): Promise<void> {
    try {
      while (this.#refusal === undefined) {
        const piece = this.#client.available;
        const length = this.#fromClient.scan(piece, (header) => this.#admit(header));
        if (length > 0) {
          await this.#server.write(piece.subarray(0, length));
          this.#client.consume(length);
          this.#countUnfinished();
        } else if (this.#refusal === undefined && !(await this.#waitForClient())) {
          break;
        }
      }
    } catch (error) {
      if (!(error instanceof PeerGoneError)) throw error;
    }
    this.#startClosing();
    if (this.#refusal !== undefined) await this.#tellServer(this.#refusal);
    await this.#server.finish();
  }

  /** Whether a frame may pass now. */
  #admit(header: FrameHeader): boolean {
    this.#obstacle = this.#findObstacle(header);
    if (this.#obstacle !== undefined) return false;
    const refusal = this.#meter.check(header);
    if (refusal !== undefined) {
      this.#refuse(refusal);
      return false;
    }
    if (header.opcode === OPCODES.close) this.#startClosing();
    return true;
  }

  #findObstacle(header: FrameHeader): "rate" | "turn" | undefined {
    const { large, rule } = this.#options;
    if (isControl(header)) return this.#rate.take(CONTROL_FRAME_TOKENS) ? undefined : "rate";
    if (header.opcode !== OPCODES.continuation && this.#isTurnUsed) {
      // For the message before, which has ended.
      large.delete(this);
      this.#isTurnUsed = false;
    }
    const announced = this.#meter.announcedWith(header);
    const needsTurn = announced > LARGE_BYTES && announced <= rule.maxBytes;
    if (needsTurn && !large.has(this)) return "turn";
    if (!this.#rate.take(1)) return "rate";
    this.#isTurnUsed = needsTurn;
    return undefined;
  }

  /** Waits until there may be more to scan; returns whether the client is still there. */
  async #waitForClient(): Promise<boolean> {
    if (this.#obstacle !== undefined) {
      if (!this.#isWaiting) this.#waiting.set(this.#options.limits.maxWaitMs);
      this.#isWaiting = true;
      if (this.#obstacle === "turn") await this.#options.large.wait(this);
      else await new Promise((resolve) => setTimeout(resolve, THROTTLE_MS));
      return !this.#client.isCut;
    }
    this.#isWaiting = false;
    this.#waiting.clear();
    const held = this.#client.available.length;
    if (held > 0 || this.#isMidway()) this.#slow.set(this.#pace.leftMs);
    else this.#pace.restart();
    const startedAt = performance.now();
    const isThere = await this.#wait(this.#client, 0);
    this.#slow.clear();
    this.#pace.came(this.#client.available.length - held, performance.now() - startedAt);
    return isThere;
  }

  #refuseWaiting(): void {
    if (this.#obstacle === "turn") this.overload();
    else this.#refuse({ code: 1008, reason: "too_many_frames" });
  }

  /** Waits for bytes, or for a refusal; returns whether the peer is still there. */
  #wait(peer: Peer, index: 0 | 1): Promise<boolean> {
    return new Promise((resolve) => {
      this.#wakes[index] = () => resolve(true);
      peer.fill().then(resolve);
    });
  }

  /** Whether a message has begun to come and has not ended. */
  #isMidway(): boolean {
    return this.#fromClient.payloadLeft > 0 || this.#meter.isInMessage;
  }

  #countUnfinished(): void {
    const { unfinished } = this.#options;
    const { announced: bytes, begunAt: since } = this.#meter;
    if (this.#isMidway()) unfinished.set(this, { bytes, since });
    else this.#forget();
  }

  /** No message of this client is half-sent, or will be finished. */
  #forget(): void {
    this.#isTurnUsed = false;
    this.#options.unfinished.delete(this);
    this.#options.large.delete(this);
  }

  async #passToClient(): Promise<void> {
    try {
      for (;;) {
        const piece = this.#server.available;
        const length = this.#fromServer.scan(piece, (header) => this.#watch(header));
        if (length > 0) {
          await this.#client.write(piece.subarray(0, length));
          this.#server.consume(length);
        } else if (this.#isTimeToTell() || !(await this.#wait(this.#server, 1))) {
          break;
        }
      }
      if (this.#refusal !== undefined && this.#isTimeToTell()) {
        await this.#client.write(encodeRefusal(this.#refusal));
      }
    } catch (error) {
      this.#client.cut();
      if (!(error instanceof PeerGoneError)) throw error;
    } finally {
      this.#clientTold.resolve();
    }
    this.#startClosing();
    await this.#client.leave(this.#options.limits.closeTimeoutMs, MAX_DISCARDED_BYTES);
  }

  /** Looks at a frame of the server; `false` once nothing more of it is to be passed on. */
  #watch({ opcode }: FrameHeader): boolean {
    if (opcode === OPCODES.close) this.#startClosing();
    return this.#refusal === undefined;
  }

  /** Whether the client is refused, and not in the middle of a frame, of which the refusal would be taken for a part. */
  #isTimeToTell(): boolean {
    return this.#refusal !== undefined && this.#fromServer.payloadLeft === 0;
  }

  #refuse(refusal: WebSocketRefusal): void {
    if (this.#refusal !== undefined || this.#isClosing) return this.#client.cut();
    this.#refusal = refusal;
    frontMetrics.refusals.inc({ reason: refusal.reason });
    this.#forget();
    this.#startClosing();
    for (const wake of this.#wakes) wake();
  }

  /** Only then, since a server that is told ends its messages in the middle. */
  async #tellServer({ code, reason }: WebSocketRefusal): Promise<void> {
    await this.#clientTold.promise;
    // In the middle of a frame, the close would be taken for a part of it.
    if (this.#fromClient.payloadLeft > 0) return;
    await this.#server.write(encodeClose(code, reason, true)).catch(() => {});
  }

  #startClosing(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#closing.set(this.#options.limits.closeTimeoutMs);
  }

  /** Cuts a client that does not go; the server, which learns of it by the end of the client's bytes, gets as long again. */
  #abandon(): void {
    this.#client.cut();
    this.#forget();
    this.#abandoned.set(this.#options.limits.closeTimeoutMs);
  }
}

function encodeRefusal({ code, reason, message }: WebSocketRefusal): Uint8Array<ArrayBuffer> {
  const close = encodeClose(code, reason);
  if (message === undefined) return close;
  const text = encodeFrame(OPCODES.text, new TextEncoder().encode(message));
  return new Uint8Array([...text, ...close]);
}
