/**
 * Keeps events and their pictures, across restarts and crashes.
 *
 * @module
 */

import type { LiveEvent } from "../../protocol/event.ts";
import type { RuleAction } from "../../protocol/rule.ts";
import { DiskSpace } from "../../storage/disk_space.ts";
import { DatabaseError, StorageFullError, toStorageError } from "../../storage/errors.ts";
import { RemoteDatabase } from "../../storage/remote_database.ts";
import { logEvent } from "../../telemetry/log.ts";
import { EventNotFoundError } from "./errors.ts";
import type { Trimmed } from "./event_database.ts";
import type { EventDatabaseCalls } from "./event_database_worker.ts";
import { Snapshots } from "./snapshots.ts";

/** File of the database within the data directory. */
export const EVENT_DATABASE_NAME = "events.sqlite";

/** Folder of the pictures within the data directory. */
const SNAPSHOT_FOLDER = "events";

/** Options of {@linkcode EventStore}. */
export interface EventStoreOptions {
  /** Holds the database and the pictures; made if need be. */
  dataDirectory: string;
  /** Bytes of the disk that stay free; see `DiskSpace`. */
  reserveBytes: number;
  /** Most events that are kept. */
  maxEvents: number;
  /** How long they are kept, in milliseconds. */
  maxAgeMs: number;
  /** Where events are sent to; what an earlier run had still to send elsewhere is forgotten. */
  targets: readonly RuleAction[];
  /** Told of events that made room for others before they were sent. */
  onUnsent: (unsent: Trimmed["unsent"]) => void;
}

/** The events of one server, in `DATA_DIR`. */
export class EventStore {
  /** The pictures. */
  readonly snapshots: Snapshots;
  /** The rows. */
  readonly database: RemoteDatabase<EventDatabaseCalls>;
  readonly #options: EventStoreOptions;
  readonly #disk: DiskSpace;

  private constructor(
    options: EventStoreOptions,
    database: RemoteDatabase<EventDatabaseCalls>,
    snapshots: Snapshots,
  ) {
    this.#options = options;
    this.database = database;
    this.snapshots = snapshots;
    this.#disk = new DiskSpace(options.dataDirectory, options);
  }

  /**
   * Opens the store; what exceeds the limits, and pictures that belong to no event, are removed.
   *
   * @throws {StorageFullError} If there is no room for the database on the disk
   * @throws {StorageUnavailableError} If the database cannot be used, or another process uses it
   */
  static async open(options: EventStoreOptions): Promise<EventStore> {
    const { dataDirectory, targets } = options;
    const snapshots = await openSnapshots(`${dataDirectory}/${SNAPSHOT_FOLDER}`);
    const database = new RemoteDatabase<EventDatabaseCalls>({
      path: `${dataDirectory}/${EVENT_DATABASE_NAME}`,
      worker: new URL("./event_database_worker.ts", import.meta.url).href,
      name: "event database",
      closed: new DatabaseError("The event database is closed"),
    });
    await database.start();
    try {
      const store = new EventStore(options, database, snapshots);
      await database.call("keepTargets", targets);
      await store.trim();
      await snapshots.removeOthers(new Set(await database.call("ids")));
      return store;
    } catch (error) {
      database.terminate();
      throw error;
    }
  }

  /**
   * Adds an event, and what says where it has to be sent to, in one step; older ones make room for it.
   *
   * @param event Its `snapshot` is set here
   * @returns The event as it is kept: without a picture where the disk has no room for one
   * @throws {StorageFullError} If there is no room for the event itself
   * @throws {StorageUnavailableError} If the disk cannot be written
   */
  async add(
    event: LiveEvent,
    jpeg: Uint8Array<ArrayBuffer>,
    targets: readonly RuleAction[],
  ): Promise<LiveEvent> {
    await this.#disk.checkResults();
    const { event_id: id } = event;
    // Before the event, so that whoever knows of it finds its picture.
    const hasPicture = await this.#writeSnapshot(id, jpeg);
    const kept = { ...event, snapshot: hasPicture ? `/event/${id}/snapshot.jpg` : null };
    try {
      await this.database.call("add", kept, targets);
    } catch (error) {
      if (hasPicture) await this.snapshots.remove(id);
      throw error;
    }
    await this.trim();
    return kept;
  }

  /** Removes the oldest events, with their pictures, until the rest is within the limits. */
  async trim(): Promise<void> {
    const { maxEvents, maxAgeMs, onUnsent } = this.#options;
    const oldestMs = Math.round(Date.now() - maxAgeMs);
    const { ids, unsent } = await this.database.call("trim", { maxEvents, oldestMs });
    for (const id of ids) await this.snapshots.remove(id);
    if (unsent.length > 0) onUnsent(unsent);
  }

  /** One event. @throws {EventNotFoundError} If there is none of this id */
  async get(id: string): Promise<LiveEvent> {
    const event = await this.database.call("get", id);
    if (event === undefined) throw new EventNotFoundError("There is no event of this id");
    return event;
  }

  /** Removes an event and its picture. @throws {EventNotFoundError} If there is none of this id */
  async remove(id: string): Promise<void> {
    if (!await this.database.call("remove", id)) {
      throw new EventNotFoundError("There is no event of this id");
    }
    await this.snapshots.remove(id);
  }

  /** Closes the database once what was asked for is done. */
  async close(): Promise<void> {
    await this.database.close();
  }

  /** @returns Whether there was room for it */
  async #writeSnapshot(id: string, jpeg: Uint8Array<ArrayBuffer>): Promise<boolean> {
    try {
      using space = await this.#disk.promise(jpeg.length);
      await this.snapshots.write(id, jpeg);
      space.spend(jpeg.length);
      return true;
    } catch (error) {
      const cause = toStorageError(error);
      const code = cause instanceof StorageFullError ? "storage_full" : "storage_unavailable";
      logEvent("warning", "event_without_snapshot", "The picture of an event is not kept", {
        event_id: id,
        code,
      });
      return false;
    }
  }
}

async function openSnapshots(directory: string): Promise<Snapshots> {
  try {
    return await Snapshots.open(directory);
  } catch (error) {
    throw toStorageError(error);
  }
}
