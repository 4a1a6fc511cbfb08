/**
 * One request and its answer on their way through the door.
 *
 * @module
 */

import { BodyFraming, MalformedBodyError } from "./body_framing.ts";
import { Deadline } from "./deadline.ts";
import { findHeadEnd } from "./head_lines.ts";
import type { ConnectionLimits } from "./limits.ts";
import { Pace } from "./pace.ts";
import { type Peer, PeerGoneError } from "./peer.ts";
import { RefusedRequest } from "./refused_request.ts";
import type { RequestHead } from "./request_head.ts";
import { parseResponseHead, type ResponseHead } from "./response_head.ts";

/** How an exchange ended: the connection goes on with the next request, with a WebSocket, or not at all. */
export type ExchangeOutcome = "next" | "web_socket" | "end";

/**
 * Passes one request to the server, on a connection to it that is used for nothing else, and its answer back.
 *
 * So no client can put anything before or behind the request of another, nor behind its own.
 */
export class Exchange {
  readonly #client: Peer;
  readonly #server: Peer;
  readonly #head: RequestHead;
  readonly #limits: ConnectionLimits;
  #isSent = false;
  #isClientGone = false;
  #refusal: RefusedRequest | undefined;

  /** Begins where the head has been read from the client. */
  constructor(client: Peer, server: Peer, head: RequestHead, limits: ConnectionLimits) {
    this.#client = client;
    this.#server = server;
    this.#head = head;
    this.#limits = limits;
  }

  /**
   * Passes everything on.
   *
   * @param forwarded The head as the server gets it
   * @throws {RefusedRequest} If the body is malformed or too slow, or the server has no answer, and the client has had none
   * @throws {PeerGoneError} If either side has gone
   */
  async run(forwarded: Uint8Array): Promise<ExchangeOutcome> {
    await this.#server.write(forwarded);
    this.#sendBody();
    for (;;) {
      const head = await this.#readResponseHead();
      if (head === undefined) return "end";
      const isUpgraded = head.status === 101;
      if (isUpgraded && !this.#head.isUpgrade) throw noAnswer();
      await this.#pass(head);
      if (isUpgraded) return "web_socket";
      if (head.status < 200) continue;
      // What follows a refused upgrade was meant for the WebSocket.
      return head.isLast || !this.#isSent || this.#head.isUpgrade ? "end" : "next";
    }
  }

  /** Sends the body as it comes, and then only looks whether the client is still there; never rejects. */
  async #sendBody(): Promise<void> {
    const slow = new Deadline(() => {
      this.#refuse(new RefusedRequest(408, "The body of the request came too slowly"));
    });
    try {
      await this.#passRequestBody(slow);
      this.#isSent = true;
      if (this.#client.available.length > 0 || await this.#client.fill()) return;
      this.#isClientGone = true;
      await this.#server.finish();
    } catch (error) {
      if (error instanceof MalformedBodyError) this.#refuse(new RefusedRequest(400, error.message));
      await this.#server.finish();
    } finally {
      slow.dispose();
    }
  }

  async #passRequestBody(slow: Deadline): Promise<void> {
    const framing = new BodyFraming(this.#head.body);
    const pace = new Pace(this.#limits.pace);
    while (!framing.isComplete) {
      if (this.#client.available.length === 0) {
        const startedAt = performance.now();
        slow.set(pace.leftMs);
        const isThere = await this.#client.fill();
        slow.clear();
        if (!isThere) {
          this.#isClientGone = true;
          throw new PeerGoneError("The client has gone");
        }
        pace.came(this.#client.available.length, performance.now() - startedAt);
      }
      const piece = this.#client.available;
      const length = framing.take(piece);
      await this.#server.write(piece.subarray(0, length));
      this.#client.consume(length);
    }
  }

  /** Ends the request; the server, which hears no more of it, ends its side, and then the client is told. */
  #refuse(refusal: RefusedRequest): void {
    this.#refusal ??= refusal;
    this.#server.finish();
  }

  /** Waits for the next head of the answer; `undefined` if there is none and nobody to be told. */
  async #readResponseHead(): Promise<{ length: number } & ResponseHead | undefined> {
    let length: number;
    while ((length = findHeadEnd(this.#server.available)) === -1) {
      if (this.#server.isFull) throw noAnswer();
      if (await this.#server.fill()) continue;
      if (this.#refusal !== undefined) throw this.#refusal;
      if (this.#isClientGone) return undefined;
      throw noAnswer();
    }
    if (this.#refusal !== undefined) throw this.#refusal;
    const bytes = this.#server.available.subarray(0, length);
    return { length, ...parseResponseHead(bytes, this.#head.method) };
  }

  /** Passes on a head together with what has come of its body, and then the rest of it. */
  async #pass({ length: headLength, body }: { length: number } & ResponseHead): Promise<void> {
    const framing = new BodyFraming(body);
    let length = headLength + framing.take(this.#server.available.subarray(headLength));
    for (;;) {
      await this.#client.write(this.#server.available.subarray(0, length));
      this.#server.consume(length);
      if (framing.isComplete) return;
      if (!(await this.#server.fill())) break;
      length = framing.take(this.#server.available);
    }
    // An answer that breaks off must not look as if it had ended.
    if (body !== "until_end") throw new PeerGoneError("The server has broken off its answer");
  }
}

function noAnswer(): RefusedRequest {
  return new RefusedRequest(502, "The server has no answer to this request");
}
