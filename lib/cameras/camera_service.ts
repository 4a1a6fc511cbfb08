/**
 * The cameras of a server.
 *
 * @module
 */

import { join } from "node:path";
import type { CameraView } from "../protocol/camera.ts";
import type { CameraDefinition, CameraTested } from "../protocol/camera_definition.ts";
import type { StreamServer } from "../streaming/stream_server.ts";
import { logEvent } from "../telemetry/log.ts";
import { cutText } from "../cut_text.ts";
import { RuleError } from "../events/errors.ts";
import { UserError } from "../user_error.ts";
import { Camera } from "./camera.ts";
import type { CameraContext } from "./camera_context.ts";
import {
  asCameraError,
  changeDefinition,
  parseDefinition,
  parseTrial,
  revealUrl,
  unknownPipeline,
} from "./camera_definition.ts";
import { MAX_CAMERAS, readCamerasFile } from "./camera_list.ts";
import { CameraStore } from "./camera_store.ts";
import { toCameraView } from "./camera_view.ts";
import {
  CameraExistsError,
  CameraLimitError,
  CameraNotFoundError,
  CameraReadOnlyError,
} from "./errors.ts";
import { HLS_FOLDER } from "./hls_playback.ts";
import type { SharedCameras } from "./shared_cameras.ts";
import { tryAddress } from "./try_address.ts";

/** Options of {@linkcode CameraService}. */
export interface CameraServiceOptions extends CameraContext {
  /** Where the sessions of cameras are. */
  streams: StreamServer;
  /** `CAMERAS_FILE`; `undefined` for none. */
  file: string | undefined;
}

/** Most addresses that are tried at a time. */
const MOST_TRIALS = 2;

/** Knows the cameras of `CAMERAS_FILE` and those that were added over HTTP. */
export class CameraService {
  readonly #options: CameraServiceOptions;
  readonly #cameras = new Map<string, Camera>();
  /** Cameras of the store that have to stand back for others of the same id. */
  #shadowed: CameraDefinition[] = [];
  #store: CameraStore | undefined;
  #shared: SharedCameras | undefined;
  #trials = 0;
  #isStarted = false;
  #isStopped = false;

  /** Begins without cameras; {@linkcode load} reads them. */
  constructor(options: CameraServiceOptions) {
    this.#options = options;
    options.streams.registry.subscribe((event) => {
      const { camera_id } = event.session;
      if (event.type !== "state" || camera_id === undefined) return;
      this.#cameras.get(camera_id)?.stateChanged(event.from, event.to);
    });
  }

  /**
   * Reads the cameras of the file and those that were kept.
   *
   * @throws {UserError} If `CAMERAS_FILE` cannot be used; kept ones that cannot be read are logged, and left as they are
   */
  async load(): Promise<void> {
    const { file, dataDirectory, isValidPipeline } = this.#options;
    await removePlayed(join(dataDirectory, HLS_FOLDER));
    if (file !== undefined) {
      for (const each of await readCamerasFile(file, isValidPipeline)) this.#create(each, true);
    }
    this.#store = new CameraStore(dataDirectory);
    if (this.#store.problem !== undefined) {
      logEvent("error", "camera_error", this.#store.problem, { code: "store_unreadable" });
    }
    for (const each of this.#store.cameras) {
      if (this.#cameras.has(each.id)) {
        this.#shadowed.push(each);
        const message = `Camera ${each.id} was added over HTTP, and CAMERAS_FILE has another one`;
        logEvent("warning", "camera_error", message, { camera: each.id, code: "camera_exists" });
      } else this.#create(each, false);
    }
  }

  /**
   * Lets cameras start: those at once that are always to be on. Call it once it is known what pipelines find.
   *
   * @throws {UserError} If a rule of `CAMERAS_FILE` looks for what its pipeline does not find; those of others are logged
   */
  start(): void {
    this.#checkRules();
    this.#isStarted = true;
    for (const camera of this.#cameras.values()) camera.begin();
  }

  /** Ends all cameras, and lets other servers run them. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(Array.from(this.#cameras.values(), (camera) => this.#end(camera)));
    this.#cameras.clear();
  }

  /** Shares the cameras with other servers, one of which runs each; call it before {@linkcode start}. */
  share(shared: SharedCameras): void {
    this.#shared = shared;
    for (const camera of this.#cameras.values()) camera.elsewhere = shared.connect(camera);
  }

  /** The cameras that this server can run; none once it stops. */
  runnable(): Camera[] {
    if (!this.#isStarted || this.#isStopped) return [];
    return [...this.#cameras.values()].filter(({ definition }) =>
      this.#options.isValidPipeline(definition.pipeline_id)
    );
  }

  /** Cameras that were added to this server while it was by itself, or are known to all. */
  get added(): CameraDefinition[] {
    return this.#kept();
  }

  /** Notes that all servers know the cameras that this one has kept: it keeps them no more, and puts its file aside. */
  handOver(): void {
    this.#store?.putAside();
  }

  /** Takes a camera that was added or changed on another server; one of `CAMERAS_FILE` goes before it. */
  take(definition: CameraDefinition): void {
    const camera = this.#cameras.get(definition.id);
    if (this.#isStopped || camera?.readOnly) return;
    if (camera !== undefined) {
      camera.change(definition);
      this.#noteRules(definition);
    } else {
      const created = this.#create(definition, false);
      if (this.#isStarted) created.begin();
    }
  }

  /** Ends a camera that was removed on another server. */
  async forget(id: string): Promise<void> {
    const camera = this.#cameras.get(id);
    if (camera === undefined || camera.readOnly) return;
    this.#cameras.delete(id);
    await this.#end(camera);
    // Not whenever one is closed: those that are closed because the server stops are still there afterwards.
    this.#noteRules({ ...camera.definition, rules: [] });
  }

  /** All cameras, in the order in which they are listed. */
  list(): CameraView[] {
    return Array.from(this.#cameras.values(), toCameraView);
  }

  /** A camera; `undefined` where there is none of this id. */
  find(id: string): Camera | undefined {
    return this.#cameras.get(id);
  }

  /** The same. @throws {CameraNotFoundError} If there is none */
  get(id: string): Camera {
    const camera = this.#cameras.get(id);
    if (camera === undefined) {
      throw new CameraNotFoundError(`There is no camera ${cutText(id, 64)}`);
    }
    return camera;
  }

  /**
   * Adds a camera.
   *
   * @param value Its definition, as a client gave it
   * @throws {CameraDefinitionError} If it cannot be used
   * @throws {CameraExistsError} If there is one of its id
   * @throws {CameraLimitError} If there are too many
   * @throws {CameraStoreError} If it cannot be kept; nothing has changed then
   */
  async add(value: unknown): Promise<CameraView> {
    const definition = parseDefinition(value);
    this.#checkFit(definition);
    if (this.#cameras.has(definition.id)) {
      throw new CameraExistsError(`There is a camera ${definition.id} already`);
    }
    if (this.#cameras.size >= MAX_CAMERAS) {
      throw new CameraLimitError(`The server has ${MAX_CAMERAS} cameras, and no room for more`);
    }
    if (this.#shared !== undefined) await this.#shared.add(definition);
    else this.#save([...this.#kept(), definition]);
    this.take(definition);
    return toCameraView(this.get(definition.id));
  }

  /**
   * Changes a camera.
   *
   * @param value What is to change, as a client gave it
   * @throws As `add` does, and {@linkcode CameraNotFoundError} or {@linkcode CameraReadOnlyError}
   */
  async change(id: string, value: unknown): Promise<CameraView> {
    const camera = this.#writable(id);
    const definition = changeDefinition(camera.definition, value);
    this.#checkFit(definition);
    if (this.#shared !== undefined) await this.#shared.change(definition);
    else this.#save(this.#kept().map((each) => each.id === id ? definition : each));
    this.take(definition);
    return toCameraView(camera);
  }

  /** Removes a camera, and ends it. @throws As `change` does */
  async remove(id: string): Promise<void> {
    this.#writable(id);
    if (this.#shared !== undefined) await this.#shared.remove(id);
    else this.#save(this.#kept().filter((each) => each.id !== id));
    await this.forget(id);
  }

  /**
   * Keeps a camera on or off until it is told otherwise or changed; `undefined` for neither.
   *
   * @throws {CameraNotFoundError} If there is none
   * @throws {CameraUnavailableError} If no server of the cluster runs it
   */
  async force(id: string, state: "on" | "off" | undefined): Promise<CameraView> {
    const camera = this.get(id);
    if (camera.elsewhere !== undefined) return await camera.elsewhere.force(state);
    camera.force(state);
    return toCameraView(camera);
  }

  /**
   * Tries an address.
   *
   * @param value What is to be tried, as a client gave it
   * @throws {CameraDefinitionError} If that is no address
   * @throws {CameraNotFoundError} If there is no camera whose secrets it holds
   * @throws {CameraLimitError} If others are being tried
   */
  async test(value: unknown): Promise<CameraTested> {
    const { url, id } = parseTrial(value);
    const full = revealUrl(url, id === undefined ? undefined : this.get(id).definition.url);
    if (this.#trials >= MOST_TRIALS) {
      throw new CameraLimitError(`The server tries ${MOST_TRIALS} other addresses: wait a little`);
    }
    this.#trials += 1;
    try {
      return await tryAddress(full, this.#options);
    } finally {
      this.#trials -= 1;
    }
  }

  #create(definition: CameraDefinition, readOnly: boolean): Camera {
    const camera = new Camera(definition, readOnly, this.#options);
    this.#noteRules(definition);
    this.#cameras.set(definition.id, camera);
    if (this.#shared !== undefined) camera.elsewhere = this.#shared.connect(camera);
    return camera;
  }

  async #end(camera: Camera): Promise<void> {
    await camera.close();
    await this.#shared?.release(camera);
  }

  #noteRules({ id, name, rules }: CameraDefinition): void {
    this.#options.events.noteRules({ cameraId: id, name }, rules);
  }

  #writable(id: string): Camera {
    const camera = this.get(id);
    if (camera.readOnly) {
      const message = `Camera ${id} comes from CAMERAS_FILE: change it there, then start again`;
      throw new CameraReadOnlyError(message);
    }
    return camera;
  }

  #checkRules(): void {
    const { file, checkRules } = this.#options;
    for (const [index, { definition, readOnly }] of [...this.#cameras.values()].entries()) {
      const { id, pipeline_id, rules } = definition;
      try {
        checkRules(pipeline_id, rules);
      } catch (error) {
        if (!(error instanceof RuleError)) throw error;
        const problem = `${error.place}: ${error.problem}`;
        if (readOnly) {
          throw new UserError(`Cannot use CAMERAS_FILE ${file}: cameras[${index}].${problem}`);
        }
        const fields = { camera: id, code: "invalid_rules" };
        logEvent("warning", "camera_error", `Camera ${id}: ${problem}`, fields);
      }
    }
  }

  #checkFit({ pipeline_id, rules }: CameraDefinition): void {
    const { isValidPipeline, checkRules } = this.#options;
    if (!isValidPipeline(pipeline_id)) throw unknownPipeline(pipeline_id);
    asCameraError(() => checkRules(pipeline_id, rules));
  }

  /** What the store is to hold. */
  #kept(): CameraDefinition[] {
    const cameras = [...this.#cameras.values()].filter(({ readOnly }) => !readOnly);
    return [...cameras.map(({ definition }) => definition), ...this.#shadowed];
  }

  #save(cameras: readonly CameraDefinition[]): void {
    this.#store ??= new CameraStore(this.#options.dataDirectory);
    this.#store.save(cameras);
  }
}

/** Removes what a server that was killed has left. */
async function removePlayed(folder: string): Promise<void> {
  try {
    await Deno.remove(folder, { recursive: true });
  } catch {
    // There is nothing, or nothing that can be removed; each camera makes a folder of its own.
  }
}
