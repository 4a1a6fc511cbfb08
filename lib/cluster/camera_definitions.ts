/**
 * The cameras of all servers, in a key-value bucket of JetStream.
 *
 * @module
 */

import { jetstream } from "@nats-io/jetstream";
import { type KV, type KvEntry, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import { parseDefinition } from "../cameras/camera_definition.ts";
import type { CameraService } from "../cameras/camera_service.ts";
import { CameraExistsError, CameraStoreError } from "../cameras/errors.ts";
import type { CameraDefinition } from "../protocol/camera_definition.ts";
import { logEvent } from "../telemetry/log.ts";
import { reasonOf } from "../user_error.ts";
import { isConflict, makeOnce } from "./races.ts";

/** Keeps what cameras there are, with the passwords in their addresses, and takes what other servers have added, changed and removed. */
export class CameraDefinitions {
  readonly #cameras: CameraService;
  /** Revisions of those that are known to all, by id. */
  readonly #revisions = new Map<string, number>();
  #bucket: KV | undefined;

  /** Begins with those of this server. */
  constructor(cameras: CameraService) {
    this.#cameras = cameras;
  }

  /**
   * Keeps them over a connection from now on. Those that this server had by itself are added; if NATS has lost all, they are added again.
   *
   * @throws If JetStream is not there
   */
  async open(connection: NatsConnection, cluster: string): Promise<void> {
    const bucket = await makeOnce(() =>
      new Kvm(jetstream(connection)).create(`livesyte_${cluster}_cameras`, {
        history: 1,
        storage: "file",
      })
    );
    const { streamInfo: { state } } = await bucket.status();
    const hasLost = state.last_seq < Math.max(0, ...this.#revisions.values());
    const known = new Set<string>();
    for await (const id of await bucket.keys()) known.add(id);
    for (const definition of this.#cameras.added) {
      const { id } = definition;
      if (known.has(id)) continue;
      if (this.#revisions.has(id) && !hasLost) await this.#forget(id);
      else await this.#introduce(bucket, definition);
    }
    this.#cameras.handOver();
    const entries = await bucket.watch();
    this.#bucket = bucket;
    void this.#follow(entries);
  }

  /** Notes that the connection has ended; nothing can be changed until there is another. */
  close(): void {
    this.#bucket = undefined;
  }

  /** Adds a camera. @throws As {@linkcode SharedCameras.add} does */
  async add(definition: CameraDefinition): Promise<void> {
    const { id } = definition;
    const taken = new CameraExistsError(`There is a camera ${id} already`);
    const revision = await this.#keep(taken, (bucket) => bucket.create(id, textOf(definition)));
    this.#revisions.set(id, revision);
  }

  /** Changes a camera. @throws As {@linkcode SharedCameras.change} does */
  async change(definition: CameraDefinition): Promise<void> {
    const { id } = definition;
    const outdated = new CameraStoreError(
      `Camera ${id} was changed on another server at the same time: look at it, and try again`,
    );
    const before = this.#revisions.get(id) ?? 0;
    const revision = await this.#keep(
      outdated,
      (bucket) => bucket.update(id, textOf(definition), before),
    );
    this.#revisions.set(id, revision);
  }

  /** Removes a camera. @throws {CameraStoreError} If that cannot be kept */
  async remove(id: string): Promise<void> {
    const failure = new CameraStoreError(`Cannot remove camera ${id}`);
    await this.#keep(failure, (bucket) => bucket.delete(id));
    this.#revisions.delete(id);
  }

  /** Writes something. @throws {Error} `conflict`, if it is not as it was taken to be */
  async #keep<Result>(
    conflict: Error,
    write: (bucket: KV) => Promise<Result>,
  ): Promise<Result> {
    if (this.#bucket === undefined) {
      throw new CameraStoreError(
        "Cannot keep the cameras while NATS is away: see cluster.problems of GET /health",
      );
    }
    try {
      return await write(this.#bucket);
    } catch (cause) {
      if (isConflict(cause)) throw conflict;
      throw new CameraStoreError(`Cannot keep the cameras in NATS: ${reasonOf(cause)}`, { cause });
    }
  }

  /** Tells all servers of a camera that only this one knows. */
  async #introduce(bucket: KV, definition: CameraDefinition): Promise<void> {
    try {
      const revision = await bucket.create(definition.id, textOf(definition));
      this.#revisions.set(definition.id, revision);
    } catch (error) {
      // Another server has just told of it.
      if (!isConflict(error)) throw error;
    }
  }

  async #follow(entries: AsyncIterable<KvEntry>): Promise<void> {
    try {
      for await (const entry of entries) this.#heard(entry);
    } catch {
      // The connection has ended; the next one reads anew.
    }
  }

  #heard({ key: id, operation, revision, value }: KvEntry): void {
    // What this server has written itself it knows.
    if (this.#revisions.get(id) === revision) return;
    if (operation !== "PUT") {
      void this.#forget(id);
      return;
    }
    this.#revisions.set(id, revision);
    try {
      const definition = parseDefinition(JSON.parse(new TextDecoder().decode(value)));
      if (definition.id !== id) throw new Error("it has another id");
      this.#cameras.take(definition);
    } catch (error) {
      const message =
        `Cannot use camera ${id} of the cluster, which another version may have added: ${
          reasonOf(error)
        }`;
      logEvent("warning", "camera_error", message, { camera: id, code: "invalid_camera" });
    }
  }

  async #forget(id: string): Promise<void> {
    this.#revisions.delete(id);
    await this.#cameras.forget(id);
  }
}

function textOf(definition: CameraDefinition): string {
  return JSON.stringify(definition);
}
