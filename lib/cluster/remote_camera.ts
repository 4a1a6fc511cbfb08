/**
 * A camera that another server runs, for those who look at it here.
 *
 * @module
 */

import { type NatsConnection, RequestError, type Subscription } from "@nats-io/transport-node";
import * as v from "valibot";
import type { Camera } from "../cameras/camera.ts";
import { CameraUnavailableError } from "../cameras/errors.ts";
import type { CameraElsewhere } from "../cameras/camera_elsewhere.ts";
import { CameraCountsSchema, type CameraView, CameraViewSchema } from "../protocol/camera.ts";
import type { RuleCounts } from "../protocol/rule.ts";
import { type CameraStateMessage, CameraStateMessageSchema } from "../protocol/viewer.ts";
import {
  type CameraAnswer,
  type CameraRequest,
  cameraStream,
  readStreamMessage,
  type Subjects,
  type WatchMessage,
} from "./cluster_messages.ts";
import { listen } from "./listen.ts";
import { decodePacket } from "./packet.ts";

/** A playlist may be waited for for 15 s where it is made. */
const REQUEST_TIMEOUT_MS = 18_000;

/** Without a word for so long no server runs a camera, in milliseconds; the one that does tells of it every second or two. */
const SILENCE_MS = 4000;

/** What viewers are told before anything is known of a camera. */
const UNKNOWN: CameraStateMessage = { state: "idle", last_error: null, retry_at: null };

const NO_SERVER_DETAIL = "No server of the cluster runs the camera now";

/** What viewers are told while no server runs a camera. */
const NO_SERVER: CameraStateMessage = {
  state: "failed",
  last_error: { code: "no_server", detail: NO_SERVER_DETAIL },
  retry_at: null,
};

/** What a {@linkcode RemoteCamera} works with. */
export interface RemoteCameraOptions {
  /** Those who look at it here, and where they get what comes. */
  camera: Camera;
  /** Id of this node. */
  gateway: string;
  /** The subjects of the cluster. */
  subjects: Subjects;
  /** The connection; `undefined` while there is none. */
  connection: () => NatsConnection | undefined;
}

/** Gets frames and answers of a camera while somebody looks at it here. */
export class RemoteCamera implements CameraElsewhere {
  readonly #options: RemoteCameraOptions;
  #view: CameraView | undefined;
  #toldAt = performance.now();
  /** Newer than in the view, if somebody looks at it. */
  #state = UNKNOWN;
  #clients = 0;
  #subscription: Subscription | undefined;

  /** Begins with nobody who looks. */
  constructor(options: RemoteCameraOptions) {
    this.#options = options;
  }

  /** The camera. */
  get camera(): Camera {
    return this.#options.camera;
  }

  /** What the server that runs it told last; `undefined` while none does. */
  get view(): CameraView | undefined {
    return this.#isAlone ? undefined : this.#view;
  }

  /** Takes what the server that runs it tells of it; `undefined` where that cannot be read. */
  told(view: CameraView | undefined): void {
    this.#toldAt = performance.now();
    if (view === undefined) return;
    const wasAlone = this.#isAlone;
    this.#view = view;
    const { state, last_error, retry_at } = view;
    this.#state = { state, last_error: state === "failed" ? last_error : null, retry_at };
    if (wasAlone) this.camera.relay(JSON.stringify(this.#state));
  }

  /** Where it stands, as its viewers are told. */
  get stateMessage(): CameraStateMessage {
    return this.#state;
  }

  /** Whether it gives frames once somebody looks at it. */
  get mayGiveFrames(): boolean {
    return !this.#isAlone && this.#view?.forced !== "off";
  }

  /** Takes how many look at it here. */
  clientsChanged(count: number): void {
    if (count === this.#clients) return;
    this.#clients = count;
    if (count > 0) this.#subscribe();
    this.#tell();
    if (count > 0) return;
    this.#subscription?.unsubscribe();
    this.#subscription = undefined;
    this.#options.camera.frames.clear();
  }

  /** Goes on over another connection. */
  use(): void {
    this.#subscription = undefined;
    if (this.#clients > 0) this.#subscribe();
    this.tell();
  }

  /** Tells the server that runs it that somebody looks, and those who look if there is none; call it every second or two. */
  tell(): void {
    if (this.#clients > 0) this.#tell();
    const { camera } = this.#options;
    if (this.#isAlone || camera.elsewhere !== this) return;
    if (performance.now() - this.#toldAt <= SILENCE_MS) return;
    camera.frames.clear();
    this.#state = NO_SERVER;
    camera.relay(JSON.stringify(NO_SERVER));
  }

  /** Has it kept on or off; `undefined` for neither. @throws {CameraUnavailableError} If no server runs it */
  async force(state: "on" | "off" | undefined): Promise<CameraView> {
    const answer = await this.#request({ force: state ?? null });
    if (v.is(CameraViewSchema, answer?.view)) return answer.view;
    throw new CameraUnavailableError(NO_SERVER_DETAIL);
  }

  /** What its rules have counted. @throws {CameraUnavailableError} If no server runs it */
  async counts(): Promise<RuleCounts[]> {
    const answer = await this.#request({ counts: true });
    if (v.is(CameraCountsSchema.entries.counts, answer?.counts)) return answer.counts;
    throw new CameraUnavailableError(NO_SERVER_DETAIL);
  }

  /** Fetches a file of its video; `undefined` if it is not there. */
  async file(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return (await this.#request({ file: name }))?.file;
  }

  get #isAlone(): boolean {
    return this.#state === NO_SERVER;
  }

  get #id(): string {
    return this.#options.camera.definition.id;
  }

  async #request(request: CameraRequest): Promise<CameraAnswer | undefined> {
    const { connection, subjects } = this.#options;
    try {
      const options = { timeout: REQUEST_TIMEOUT_MS };
      const message = JSON.stringify(request);
      const answer = await connection()?.request(subjects.camera(this.#id), message, options);
      return answer && decodePacket(answer.data) as CameraAnswer;
    } catch (error) {
      // Nobody answers: the server that ran it has just ended, or the connection.
      if (error instanceof RequestError || connection() === undefined) return undefined;
      throw error;
    }
  }

  #subscribe(): void {
    const connection = this.#options.connection();
    if (this.#subscription !== undefined || connection === undefined) return;
    const subject = this.#options.subjects.session(cameraStream(this.#id));
    this.#subscription = listen(connection, subject, readStreamMessage, (message) => {
      // The server that ran it stops; another is going to.
      if ("ended" in message || this.#clients === 0) return;
      // States come without a frame.
      if (message.frame === undefined) this.#noteState(message.text);
      this.#options.camera.relay(message.text, message.frame);
    });
  }

  #noteState(text: string): void {
    const message: unknown = JSON.parse(text);
    if (!v.is(CameraStateMessageSchema, message)) return;
    this.#state = message;
    if (message.state !== "active") this.#options.camera.frames.clear();
  }

  #tell(): void {
    const connection = this.#options.connection();
    if (connection === undefined) return;
    const message: WatchMessage = {
      gateway: this.#options.gateway,
      sessionId: cameraStream(this.#id),
      viewers: this.#clients,
      wantsFrames: true,
    };
    connection.publish(this.#options.subjects.watch, JSON.stringify(message));
  }
}
