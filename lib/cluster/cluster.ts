/**
 * Makes this process a node of a cluster.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/transport-node";
import type { ClusterConfig } from "../cluster_config.ts";
import type { CameraService } from "../cameras/camera_service.ts";
import { MEGABYTE } from "../environment.ts";
import type { PipelineService } from "../pipeline/pipeline_service.ts";
import type { ClusterHealth } from "../protocol/cluster.ts";
import type { RemoteStreams } from "../streaming/remote_streams.ts";
import type { SessionRegistry } from "../streaming/session_registry.ts";
import { logEvent } from "../telemetry/log.ts";
import { reasonOf } from "../user_error.ts";
import { ClusterCameras } from "./cluster_cameras.ts";
import { ClusterDispatcher } from "./cluster_dispatcher.ts";
import {
  type Announcement,
  AnnouncementSchema,
  cameraOf,
  jsonOf,
  type NodeRole,
  Subjects,
} from "./cluster_messages.ts";
import { clusterMetrics } from "./cluster_metrics.ts";
import { ComputeNode } from "./compute_node.ts";
import { SharedJobs } from "./jobs/shared_jobs.ts";
import { listen } from "./listen.ts";
import { ReconnectingNats } from "./nats_connection.ts";
import { NodeDirectory, nodeName } from "./node_directory.ts";
import { PublishedStreams } from "./published_streams.ts";
import { SessionLists } from "./session_lists.ts";
import { WatchedStreams } from "./watched_streams.ts";

/** Time between two announcements, in milliseconds. */
const ANNOUNCE_MS = 1000;
/** Time between two attempts to use JetStream, in milliseconds. */
const JETSTREAM_RETRY_MS = 3000;
/** What a message holds besides the frame, in bytes: most of it is what is known of the text of its stream. */
const OVERHEAD_BYTES = MEGABYTE / 4;

/** What can be wrong with a NATS that can be reached: what it lacks, what it does not take. */
type Shortcoming = "jetstream" | "payload" | "list";

/** What a {@linkcode Cluster} works with. */
export interface ClusterOptions {
  /** Where the others are. */
  config: ClusterConfig;
  /** What this node does. */
  role: NodeRole;
  /** Version of livesyte. */
  version: string;
  /** The pipelines, started. */
  pipelines: PipelineService;
  /** The streams of this gateway; `undefined` for a node that only computes. */
  registry: SessionRegistry | undefined;
  /** The cameras of this gateway. */
  cameras: CameraService;
  /** Largest frame of a stream, in bytes. */
  maxFrameBytes: number;
}

/** This process as a node of a cluster: it asks others to compute, and computes for them. */
export class Cluster {
  readonly #options: ClusterOptions;
  readonly #self: Pick<Announcement, "id" | "name" | "role" | "version" | "hash">;
  readonly #subjects: Subjects;
  readonly #directory: NodeDirectory;
  readonly #compute: ComputeNode;
  readonly #dispatcher: ClusterDispatcher;
  readonly #nats: ReconnectingNats;
  /** The video jobs, which all machines share. */
  readonly jobs: SharedJobs;
  readonly #gateway:
    | {
      lists: SessionLists;
      published: PublishedStreams;
      watched: WatchedStreams;
      cameras: ClusterCameras;
    }
    | undefined;
  /** What is wrong with the NATS that this node is connected to. */
  readonly #shortcomings = new Map<Shortcoming, string>();
  #jetstreamTriedAt = -Infinity;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isLeaving = false;

  private constructor(options: ClusterOptions, hash: string) {
    this.#options = options;
    const { config, role, version, pipelines, registry } = options;
    const id = crypto.randomUUID();
    this.#self = { id, name: Deno.hostname(), role, version, hash };
    this.#subjects = new Subjects(config.name);
    this.#directory = new NodeDirectory(this.#self);
    this.#compute = new ComputeNode(pipelines.localWorkers, { version, hash });
    this.#dispatcher = new ClusterDispatcher({
      directory: this.#directory,
      subjects: this.#subjects,
      equal: { version, hash },
      connection: () => this.#nats.connection,
      onLost: (node) => this.#lost(node),
    });
    if (registry !== undefined) {
      const lists = new SessionLists(id, registry);
      const watched = new WatchedStreams(id, lists, this.#subjects);
      const cameras = new ClusterCameras(id, options.cameras, this.#subjects);
      const find = (stream: string) =>
        cameras.streamHere(cameraOf(stream) ?? "") ??
          registry.get(stream);
      const published = new PublishedStreams(find, this.#subjects);
      this.#gateway = { lists, watched, published, cameras };
      registry.subscribe(({ session: { camera_id } }) => {
        if (camera_id !== undefined) cameras.changed(camera_id);
      });
    }
    this.jobs = new SharedJobs({
      cluster: config.name,
      self: id,
      hash,
      hasPipeline: (pipelineId) => pipelines.isValidPipeline(pipelineId),
      isComputing: (other) => this.#directory.isComputing(other),
    });
    const computes = pipelines.localWorkers.load("detection").workers > 0;
    this.#nats = new ReconnectingNats({
      config,
      clientName: `livesyte ${role} ${this.#self.name}`,
      meanwhile: role === "worker"
        ? "this worker has nothing to do"
        : computes
        ? "this machine serves by itself"
        : "no frame is computed, since this machine has no workers (PIPELINE_WORKERS=0)",
      onConnect: (connection) => this.#connected(connection),
      onLost: () => this.#disconnected(),
    });
  }

  /**
   * Joins a cluster, and goes on trying where NATS cannot be reached.
   *
   * @returns After the first attempt, whatever came of it
   * @throws {UserError} If the file with the credentials cannot be used
   */
  static async join(options: ClusterOptions): Promise<Cluster> {
    const cluster = new Cluster(options, await options.pipelines.fingerprint());
    options.pipelines.dispatchWith(cluster.#dispatcher);
    cluster.#timer = setInterval(() => cluster.#tick(), ANNOUNCE_MS);
    await cluster.#nats.start();
    return cluster;
  }

  /** The streams of other gateways; `undefined` for a node that only computes. */
  get streams(): RemoteStreams | undefined {
    return this.#gateway?.watched;
  }

  /** Workers of other nodes that find objects, for those that have none. */
  get workersElsewhere(): number {
    return this.#dispatcher.workersElsewhere("detection");
  }

  /** What `GET /health` says of the cluster; it is not well while there are problems. */
  health(): ClusterHealth {
    const nodes = this.#directory.list();
    const { problem } = this.#nats;
    const differences = nodes.flatMap(({ difference }) => difference ?? []);
    const { load: { detection } } = this.#compute;
    const isIdle = problem === undefined && this.#options.role === "serve" &&
      detection.workers === 0 && this.workersElsewhere === 0;
    return {
      name: this.#options.config.name,
      node_id: this.#self.id,
      connected: this.#nats.connection !== undefined,
      nodes: nodes.map(({ id, name, role, version, workers, underWay, difference }) => ({
        node_id: id,
        host: name,
        role,
        version,
        workers,
        frames_under_way: underWay,
        equal: difference === undefined,
      })),
      problems: [
        ...problem === undefined ? [] : [problem],
        ...isIdle ? ["No node of the cluster can compute: start a worker"] : [],
        ...this.#shortcomings.values(),
        ...new Set(differences),
      ],
    };
  }

  /**
   * Takes no more tasks, and finishes those that there are.
   *
   * @param timeoutMs How long they may take
   */
  async drain(timeoutMs: number): Promise<void> {
    this.#isLeaving = true;
    this.#announce();
    await this.#compute.drain(timeoutMs);
  }

  /** Leaves the cluster. */
  async leave(): Promise<void> {
    clearInterval(this.#timer);
    await this.#gateway?.lists.stop();
    await this.#nats.stop();
  }

  async #connected(connection: NatsConnection): Promise<void> {
    this.#shortcomings.clear();
    const { maxFrameBytes } = this.#options;
    const read = jsonOf(AnnouncementSchema);
    listen(connection, this.#subjects.nodes, read, (announcement) => this.#heard(announcement));
    if (this.#compute.load.detection.workers > 0 && !this.#isLeaving) {
      this.#compute.serve(connection, this.#subjects.node(this.#self.id));
    }
    // Frames come from streams.
    if (this.#gateway) this.#checkPayload(connection.info?.max_payload ?? Infinity, maxFrameBytes);
    const gateway = this.#gateway;
    gateway?.published.use(connection);
    gateway?.watched.use(connection);
    gateway?.cameras.use(connection);
    // So that whoever hears of this node can ask it.
    await connection.flush();
    this.#announce();
    await this.#openJetStream();
  }

  /** Tries to use video jobs, cameras and lists of streams; JetStream may start later than the rest of NATS, or not at all. */
  async #openJetStream(): Promise<void> {
    const { connection } = this.#nats;
    const { lists, cameras } = this.#gateway ?? {};
    const isOpen = [this.jobs, lists, cameras].every((part) => part?.isOpen ?? true);
    if (connection === undefined || isOpen) return;
    if (performance.now() - this.#jetstreamTriedAt < JETSTREAM_RETRY_MS) return;
    // One attempt at a time.
    this.#jetstreamTriedAt = Infinity;
    try {
      const { name } = this.#options.config;
      if (lists?.isOpen === false) await lists.use(connection, name);
      if (cameras?.isOpen === false) await cameras.open(connection, name);
      // Should the connection end meanwhile, the next one is not to wait.
      if (!this.jobs.isOpen) await Promise.race([this.jobs.use(connection), connection.closed()]);
      this.#shortcomings.delete("jetstream");
    } catch (cause) {
      if (connection.isClosed()) return;
      this.#shortcoming(
        "jetstream",
        `Cannot keep video jobs, list the streams of other machines, nor run cameras, since JetStream cannot be used (${
          reasonOf(cause)
        }): start nats-server with -js and 64 MB of storage or more, and give the credentials access to it`,
      );
    } finally {
      this.#jetstreamTriedAt = performance.now();
    }
  }

  #checkPayload(limit: number, maxFrameBytes: number): void {
    const needed = maxFrameBytes + OVERHEAD_BYTES;
    if (limit >= needed) return;
    const megabytes = (limit - OVERHEAD_BYTES) / MEGABYTE;
    const instead = megabytes > 0
      ? `, or STREAM_MAX_FRAME_SIZE_MB to ${Math.floor(megabytes * 100) / 100} or less`
      : "";
    this.#shortcoming(
      "payload",
      `NATS takes messages of ${limit} bytes at most, too little for frames of ${maxFrameBytes}: ` +
        `set max_payload in the configuration of nats-server to ${needed} or more${instead}`,
    );
  }

  /** Tells what is wrong, once for as long as it stays so. */
  #shortcoming(kind: Shortcoming, sentence: string): void {
    if (!this.#shortcomings.has(kind)) logEvent("warning", "cluster_problem", sentence);
    this.#shortcomings.set(kind, sentence);
  }

  #disconnected(): void {
    this.#directory.clear();
    this.#gateway?.lists.close();
    this.jobs.disconnected();
    this.#gateway?.cameras.close();
    this.#nodesChanged();
  }

  #heard(announcement: Announcement): void {
    const heard = this.#directory.heard(announcement, performance.now());
    const { change, difference } = heard ?? {};
    if (change !== undefined) {
      const { name: host, role, version } = announcement;
      const what = change === "new" ? "has joined the cluster" : "is leaving the cluster";
      const message = change === "new" && difference || `${nodeName(announcement)} ${what}`;
      const level = change === "new" && difference !== undefined ? "warning" : "info";
      logEvent(level, "cluster_node", message, { host, role, version });
    }
    this.#nodesChanged();
  }

  #lost(node: Announcement): void {
    if (!node.isLeaving) {
      const message = `${nodeName(node)} does not answer any more`;
      logEvent("warning", "cluster_node", message, { host: node.name, role: node.role });
    }
    this.#nodesChanged();
  }

  #nodesChanged(): void {
    clusterMetrics.nodes.set(1 + this.#directory.size);
    this.#dispatcher.nodesChanged();
  }

  #tick(): void {
    const now = performance.now();
    for (const node of this.#directory.sweep(now)) this.#lost(node);
    this.#announce();
    void this.#openJetStream();
    if (this.#gateway === undefined) return;
    const { cameras, published, watched, lists: { problem } } = this.#gateway;
    cameras.tick(now);
    published.sweep(now);
    watched.tell();
    if (problem === undefined) this.#shortcomings.delete("list");
    else this.#shortcoming("list", problem);
  }

  #announce(): void {
    const { connection } = this.#nats;
    if (connection === undefined || connection.isClosed()) return;
    const announcement: Announcement = {
      ...this.#self,
      load: this.#compute.load,
      isLeaving: this.#isLeaving,
    };
    connection.publish(this.#subjects.nodes, JSON.stringify(announcement));
  }
}
