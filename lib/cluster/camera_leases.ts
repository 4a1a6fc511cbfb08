/**
 * Which server runs each camera: entries of a key-value bucket that are gone unless they are written anew.
 *
 * @module
 */

import { jetstream } from "@nats-io/jetstream";
import { type KV, type KvEntry, Kvm } from "@nats-io/kv";
import type { NatsConnection } from "@nats-io/transport-node";
import * as v from "valibot";
import { type CameraView, CameraViewSchema } from "../protocol/camera.ts";
import { uuid } from "../protocol/values.ts";
import { jsonOf } from "./cluster_messages.ts";
import { isConflict, makeOnce } from "./races.ts";

/** After so long without being written anew a lease is over, in milliseconds. */
const LEASE_TTL_MS = 6000;
/** Least time between two writes of a lease that has not changed, in milliseconds; looked at every second. */
const RENEW_MS = 1500;
/** How long servers leave the cameras that they do not run to those that did, after NATS was away, in milliseconds. */
const GRACE_MS = 3000;
/** Servers wait up to so long before they take a free camera, and longer for each that they run, in milliseconds. */
const STAGGER_MS = 300;
/** The longest of these waits, in milliseconds. */
const MAX_STAGGER_MS = 2000;

const LeaseSchema = v.object({
  /** Id of the node that runs the camera. */
  owner: uuid,
  /** What it tells clients of it; `undefined` where another version has written what cannot be read here. */
  view: v.fallback(v.optional(CameraViewSchema), undefined),
});

/** Who runs a camera, and how it is. */
type Lease = v.InferOutput<typeof LeaseSchema>;

/** What {@linkcode CameraLeases} asks of, and tells, the node. */
export interface CameraLeasesOptions {
  /** Id of this node. */
  id: string;
  /** Whether this node can run a camera. */
  canRun(camera: string): boolean;
  /** What this node tells of a camera that it runs. */
  viewOf(camera: string): CameraView | undefined;
  /** Called when this node is to run a camera; `before` is what the server that ran it told last. */
  onTaken(camera: string, before: CameraView | undefined): void;
  /** Called when another server runs a camera that this node has run. */
  onLost(camera: string): void;
  /** Called when another server has told of a camera that it runs; `undefined` where that cannot be read. */
  onOther(camera: string, view: CameraView | undefined): void;
}

/** A lease of this node. */
interface Held {
  revision: number;
  writtenAt: number;
  /** Resolves when what is being written has been. */
  writing: Promise<void> | undefined;
  isOutdated: boolean;
}

/** Takes cameras that nobody runs, keeps those that it has, and tells of all others. */
export class CameraLeases {
  readonly #options: CameraLeasesOptions;
  readonly #held = new Map<string, Held>();
  readonly #others = new Map<string, { lease: Lease; revision: number; heardAt: number }>();
  readonly #waits = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #read = jsonOf(LeaseSchema);
  #bucket: KV | undefined;
  #wasOpen = false;
  #takesFrom = 0;

  /** Begins without leases. */
  constructor(options: CameraLeasesOptions) {
    this.#options = options;
  }

  /**
   * Keeps the leases over a connection from now on.
   *
   * @throws If JetStream is not there
   */
  async open(connection: NatsConnection, cluster: string): Promise<void> {
    const bucket = await makeOnce(() =>
      new Kvm(jetstream(connection)).create(`livesyte_${cluster}_leases`, {
        ttl: LEASE_TTL_MS,
        history: 1,
        storage: "memory",
      })
    );
    const entries = await bucket.watch();
    this.#bucket = bucket;
    this.#takesFrom = this.#wasOpen ? performance.now() + GRACE_MS : 0;
    this.#wasOpen = true;
    void this.#follow(entries);
    // NATS may have lost them, or another server may have taken them, while it was away.
    await Promise.all(this.#held.keys().map((camera) => this.#take(bucket, camera)));
  }

  /** Notes that the connection has ended: cameras that run here go on. */
  close(): void {
    this.#bucket = undefined;
    for (const timer of this.#waits.values()) clearTimeout(timer);
    this.#waits.clear();
  }

  /** Whether this node runs a camera. */
  holds(camera: string): boolean {
    return this.#held.has(camera);
  }

  /**
   * Writes leases anew, and takes what nobody has; call it every second.
   *
   * @param cameras Those that this node can run
   * @param now Monotonic milliseconds
   */
  tick(cameras: readonly string[], now: number): void {
    if (this.#bucket === undefined) return;
    for (const [camera, { writtenAt }] of this.#held) {
      if (now - writtenAt >= RENEW_MS) this.renew(camera);
    }
    for (const camera of cameras) this.consider(camera, now);
  }

  /** Writes a lease of this node anew, with how its camera is now. */
  renew(camera: string): void {
    const held = this.#held.get(camera);
    if (held === undefined) return;
    if (held.writing !== undefined) held.isOutdated = true;
    else held.writing = this.#write(camera, held);
  }

  /** Takes a camera after a moment if nobody has it. */
  consider(camera: string, now: number): void {
    if (this.#bucket === undefined) return;
    const isFree = now - (this.#others.get(camera)?.heardAt ?? -Infinity) > LEASE_TTL_MS;
    const mayTake = isFree && now >= this.#takesFrom && !this.#held.has(camera) &&
      !this.#waits.has(camera) && this.#options.canRun(camera);
    if (!mayTake) return;
    // Those who run few are the first, so that cameras spread over the servers.
    const wait = Math.min(MAX_STAGGER_MS, Math.random() * STAGGER_MS * (1 + this.#held.size));
    const timer = setTimeout(async () => {
      const bucket = this.#bucket;
      if (bucket !== undefined) await this.#take(bucket, camera);
      this.#waits.delete(camera);
    }, wait);
    this.#waits.set(camera, timer);
  }

  /** Forgets a camera; if this node runs it, other servers may from now on. */
  async release(camera: string): Promise<void> {
    clearTimeout(this.#waits.get(camera));
    this.#waits.delete(camera);
    this.#others.delete(camera);
    const held = this.#held.get(camera);
    if (held === undefined) return;
    this.#held.delete(camera);
    // The last that is written is what its next server goes on from.
    while (held.writing !== undefined) await held.writing;
    // If it is over, or another server has it, nothing is to be done.
    await this.#bucket?.delete(camera, { previousSeq: held.revision }).catch(() => {});
  }

  async #write(camera: string, held: Held): Promise<void> {
    const bucket = this.#bucket;
    held.writtenAt = performance.now();
    held.isOutdated = false;
    try {
      const revision = await bucket?.update(camera, this.#leaseOf(camera), held.revision);
      if (revision !== undefined) held.revision = revision;
    } catch (error) {
      // It may be over because this process, or NATS, stood still for long; without a connection it is kept.
      const isHeld = this.#held.get(camera) === held;
      if (isHeld && bucket && isConflict(error)) await this.#take(bucket, camera);
    }
    held.writing = held.isOutdated ? this.#write(camera, held) : undefined;
  }

  /** Takes a camera if nobody has it. */
  async #take(bucket: KV, camera: string): Promise<void> {
    const before = this.#held.get(camera);
    const seen = this.#others.get(camera)?.lease.view;
    try {
      const revision = await bucket.create(camera, this.#leaseOf(camera));
      this.#hold(camera, revision, before, seen);
    } catch (error) {
      if (!isConflict(error)) return;
      const entry = await bucket.get(camera).catch(() => null);
      if (entry?.operation === "PUT") this.#heard(entry, true);
    }
  }

  #hold(
    camera: string,
    revision: number,
    before: Held | undefined,
    seen: CameraView | undefined,
  ): void {
    this.#others.delete(camera);
    if (before !== undefined) {
      before.revision = revision;
      return;
    }
    const writtenAt = performance.now();
    this.#held.set(camera, { revision, writtenAt, writing: undefined, isOutdated: false });
    // It may have been removed, or the server may have begun to stop, meanwhile.
    if (!this.#options.canRun(camera)) {
      void this.release(camera);
      return;
    }
    this.#options.onTaken(camera, seen);
    this.renew(camera);
  }

  async #follow(entries: AsyncIterable<KvEntry>): Promise<void> {
    try {
      for await (const entry of entries) this.#heard(entry, false);
    } catch {
      // The connection has ended; the next one reads anew.
    }
  }

  #heard({ key: camera, revision, operation, value }: KvEntry, isNewest: boolean): void {
    const held = this.#held.get(camera);
    if (operation !== "PUT") {
      const other = this.#others.get(camera);
      if (other === undefined) return;
      other.heardAt = -Infinity;
      this.consider(camera, performance.now());
      return;
    }
    let lease: Lease;
    try {
      lease = this.#read(value);
    } catch {
      return;
    }
    if (lease.owner === this.#options.id) {
      if (held !== undefined && isNewest) held.revision = revision;
      return;
    }
    // What others told before this node took the camera comes late.
    if (held !== undefined && !isNewest && revision < held.revision) return;
    if (this.#others.get(camera)?.revision === revision) return;
    this.#others.set(camera, { lease, revision, heardAt: performance.now() });
    if (this.#held.delete(camera)) this.#options.onLost(camera);
    this.#options.onOther(camera, lease.view);
  }

  #leaseOf(camera: string): string {
    const lease: Lease = { owner: this.#options.id, view: this.#options.viewOf(camera) };
    return JSON.stringify(lease);
  }
}
