/**
 * Makes the cameras of all servers of a cluster the same, each of which one server runs.
 *
 * @module
 */

import type { NatsConnection, Subscription } from "@nats-io/transport-node";
import { toCameraView } from "../cameras/camera_view.ts";
import type { Camera } from "../cameras/camera.ts";
import type { CameraElsewhere } from "../cameras/camera_elsewhere.ts";
import type { CameraService } from "../cameras/camera_service.ts";
import { isHlsName } from "../cameras/hls_playback.ts";
import type { SharedCameras } from "../cameras/shared_cameras.ts";
import type { CameraView } from "../protocol/camera.ts";
import type { CameraDefinition } from "../protocol/camera_definition.ts";
import type { StreamSession } from "../streaming/stream_session.ts";
import { logEvent } from "../telemetry/log.ts";
import { CameraDefinitions } from "./camera_definitions.ts";
import { CameraLeases } from "./camera_leases.ts";
import {
  type CameraAnswer,
  type CameraRequest,
  CameraRequestSchema,
  jsonOf,
  type Subjects,
} from "./cluster_messages.ts";
import { encodePacket } from "./packet.ts";
import { RemoteCamera } from "./remote_camera.ts";

const readRequest = jsonOf(CameraRequestSchema);

/** Joins the cameras of this server with those of the others. */
export class ClusterCameras implements SharedCameras {
  readonly #id: string;
  readonly #cameras: CameraService;
  readonly #subjects: Subjects;
  readonly #definitions: CameraDefinitions;
  readonly #leases: CameraLeases;
  readonly #remote = new Map<string, RemoteCamera>();
  readonly #requests = new Map<string, Subscription>();
  #connection: NatsConnection | undefined;
  #isOpen = false;

  /**
   * Takes over the cameras of a server, none of which runs until it is known that no other server runs it.
   *
   * @param id That of this node
   */
  constructor(id: string, cameras: CameraService, subjects: Subjects) {
    this.#id = id;
    this.#cameras = cameras;
    this.#subjects = subjects;
    this.#definitions = new CameraDefinitions(cameras);
    this.#leases = new CameraLeases({
      id,
      canRun: (camera) => this.#canRun(camera),
      viewOf: (camera) => this.#viewOf(camera),
      onTaken: (camera, before) => this.#taken(camera, before),
      onLost: (camera) => this.#lost(camera),
      onOther: (camera, view) => this.#remote.get(camera)?.told(view),
    });
    cameras.share(this);
  }

  /** Whether cameras are kept, and leases taken, over a connection. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The stream of a camera that this server runs; `undefined` for any other. */
  streamHere(camera: string): StreamSession | undefined {
    return this.#leases.holds(camera) ? this.#cameras.find(camera)?.stream : undefined;
  }

  /** Takes requests, and what other servers see, over a connection. */
  use(connection: NatsConnection): void {
    this.#connection = connection;
    for (const remote of this.#remote.values()) remote.use();
    for (const camera of [...this.#requests.keys()]) this.#serve(camera);
  }

  /** Begins to share cameras. @throws If JetStream is not there */
  async open(connection: NatsConnection, cluster: string): Promise<void> {
    await this.#definitions.open(connection, cluster);
    await this.#leases.open(connection, cluster);
    this.#isOpen = true;
  }

  /** Notes that the connection has ended: cameras that run here go on. */
  close(): void {
    this.#isOpen = false;
    this.#connection = undefined;
    this.#definitions.close();
    this.#leases.close();
  }

  /** Keeps the leases, and tells who is watched from here; call it every second. */
  tick(now: number): void {
    this.#leases.tick(this.#cameras.runnable().map(({ definition }) => definition.id), now);
    for (const remote of this.#remote.values()) remote.tell();
  }

  /** Tells the others at once how a camera of this server is now. */
  changed(camera: string): void {
    this.#leases.renew(camera);
  }

  /** See {@linkcode SharedCameras.add}. */
  add(definition: CameraDefinition): Promise<void> {
    return this.#definitions.add(definition);
  }

  /** See {@linkcode SharedCameras.change}. */
  change(definition: CameraDefinition): Promise<void> {
    return this.#definitions.change(definition);
  }

  /** See {@linkcode SharedCameras.remove}. */
  remove(id: string): Promise<void> {
    return this.#definitions.remove(id);
  }

  /** See {@linkcode SharedCameras.connect}. */
  connect(camera: Camera): CameraElsewhere {
    const remote = new RemoteCamera({
      camera,
      gateway: this.#id,
      subjects: this.#subjects,
      connection: () => this.#connection,
    });
    const { id } = camera.definition;
    this.#remote.set(id, remote);
    queueMicrotask(() => this.#leases.consider(id, performance.now()));
    return remote;
  }

  /** See {@linkcode SharedCameras.release}. */
  async release(camera: Camera): Promise<void> {
    const { id } = camera.definition;
    // There may be another one of this id already.
    if (this.#remote.get(id)?.camera === camera) this.#remote.delete(id);
    this.#unserve(id);
    await this.#leases.release(id);
  }

  #viewOf(id: string): CameraView | undefined {
    const camera = this.#cameras.find(id);
    return camera && toCameraView(camera);
  }

  #canRun(id: string): boolean {
    return this.#cameras.runnable().some(({ definition }) => definition.id === id);
  }

  #taken(id: string, before: CameraView | undefined): void {
    const camera = this.#cameras.find(id);
    if (camera === undefined) return;
    logEvent("info", "camera_owner", `Camera ${id} is run by this server now`, { camera: id });
    this.#serve(id);
    camera.elsewhere = undefined;
    // Somebody has said so, and not to that server only.
    if (before?.forced) camera.force(before.forced);
  }

  #lost(id: string): void {
    logEvent("info", "camera_owner", `Camera ${id} is run by another server now`, { camera: id });
    this.#unserve(id);
    const camera = this.#cameras.find(id);
    if (camera !== undefined) camera.elsewhere = this.#remote.get(id);
  }

  /** Takes what other servers ask of a camera that runs here. */
  #serve(id: string): void {
    this.#requests.get(id)?.unsubscribe();
    const connection = this.#connection;
    if (connection === undefined) return;
    const subscription = connection.subscribe(this.#subjects.camera(id), {
      callback: (error, message) => {
        if (error !== null) return;
        const limit = connection.info?.max_payload ?? Infinity;
        void this.#answer(id, message.data).then((answer) => {
          const packet = encodePacket(answer);
          message.respond(packet.length <= limit ? packet : encodePacket({}));
        }).catch((cause) => {
          const fields = { camera: id, cause: String(cause) };
          logEvent("debug", "cluster_problem", "A request for a camera failed", fields);
        });
      },
    });
    this.#requests.set(id, subscription);
  }

  #unserve(id: string): void {
    this.#requests.get(id)?.unsubscribe();
    this.#requests.delete(id);
  }

  async #answer(id: string, data: Uint8Array): Promise<CameraAnswer> {
    const request: CameraRequest = readRequest(data);
    if ("force" in request) {
      return { view: await this.#cameras.force(id, request.force ?? undefined) };
    }
    if ("counts" in request) return { counts: this.#cameras.get(id).counts };
    if (!isHlsName(request.file)) return {};
    const path = await this.#cameras.get(id).hls.find(request.file);
    return path === undefined ? {} : { file: await Deno.readFile(path) };
  }
}
