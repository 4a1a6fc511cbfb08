/** What the cameras page does: keeps the list of cameras up to date, and changes them. */

import { batch } from "@preact/signals";
import type { CameraList, CameraView } from "../../protocol/camera.ts";
import type { CameraChange } from "../../protocol/camera_definition.ts";
import type { Explanation } from "../explanation.ts";
import { fetchPipelines } from "../pipelines.ts";
import { ApiError, explainApiError } from "../server_api.ts";
import {
  addCamera,
  changeCamera,
  changeRules,
  deleteCamera,
  fetchCameras,
  forceCamera,
} from "./camera_api.ts";
import type { CameraSettings, ForceAction } from "./camera_api.ts";
import type { CameraSignals } from "./camera_signals.ts";
import { describeChanges } from "./camera_words.ts";

const REFRESH_MS = 2000;
const TICK_MS = 1000;

/** What to tell the person, by the code of an answer of the `/camera` paths. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  forbidden: {
    title: "Cameras cannot be changed from here",
    remedy:
      "Open this page on the computer that the server runs on, at the address with localhost that " +
      "the server prints, or have whoever runs it set STREAM_AUTH_TOKEN and tell you the token.",
  },
  camera_not_found: {
    title: "This camera is no longer there",
    remedy: "Somebody has deleted it.",
  },
};

/** What to tell those who may not add and change cameras. */
export function explainCameraChange(): Explanation {
  return explainCameraError(new ApiError("forbidden"));
}

/** What to tell the person about something that was thrown on the way to a camera. */
export function explainCameraError(error: unknown): Explanation {
  return explainApiError(error, EXPLANATIONS);
}

/** The cameras of one page. */
export class CameraLibrary {
  readonly #signals: CameraSignals;
  readonly #page: string;
  #requests = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isRunning = false;
  /** Why there was no list the last time that there was none. */
  #listProblem: Explanation | undefined;

  /**
   * Asks the server for nothing yet: that begins with `run`.
   *
   * @param page Address of the page.
   */
  constructor(signals: CameraSignals, page: string) {
    this.#signals = signals;
    this.#page = page;
  }

  /** Address of the page. */
  get page(): string {
    return this.#page;
  }

  /**
   * Keeps the list up to date while the page is seen.
   *
   * @returns Ends it.
   */
  run(): () => void {
    this.#isRunning = true;
    const tick = setInterval(() => this.#signals.now.value = Date.now(), TICK_MS);
    const onVisible = () => this.refresh();
    document.addEventListener("visibilitychange", onVisible);
    this.refresh();
    return () => {
      this.#isRunning = false;
      clearInterval(tick);
      clearTimeout(this.#timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }

  /** Asks for the cameras now, unless nobody sees the page. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    if (!this.#isRunning || document.hidden) return;
    const request = ++this.#requests;
    const { problem } = this.#signals;
    try {
      const list = await fetchCameras(this.#page);
      // A later request may have been answered before, with what is newer.
      if (request !== this.#requests) return;
      this.#show(list);
    } catch (error) {
      if (request !== this.#requests) return;
      problem.value = this.#listProblem = explainCameraError(error);
      // It stays so until the person has entered the token.
      if (problem.value.asksForToken) return;
    }
    if (this.#isRunning) this.#timer = setTimeout(() => this.refresh(), REFRESH_MS);
  }

  /** Keeps a camera on or off, or takes that back. */
  async force(id: string, action: ForceAction): Promise<void> {
    const { problem } = this.#signals;
    problem.value = null;
    try {
      await forceCamera(this.#page, id, action);
    } catch (error) {
      problem.value = explainCameraError(error);
    }
    await this.refresh();
  }

  /** Adds a camera. @throws {ApiError} If the server refuses it. */
  async add(settings: CameraSettings): Promise<void> {
    const { name } = await addCamera(this.#page, settings);
    this.#signals.news.value = `${name} was added.`;
    await this.refresh();
  }

  /** Changes a camera. @throws {ApiError} If the server refuses it. */
  async change(id: string, changes: CameraChange): Promise<void> {
    const { name } = await changeCamera(this.#page, id, changes);
    this.#signals.news.value = `${name} was saved.`;
    await this.refresh();
  }

  /** Gives a camera other rules. @throws {ApiError} If the server refuses one. */
  async changeRules(id: string, rules: unknown[]): Promise<void> {
    await changeRules(this.#page, id, rules);
    this.#signals.news.value = "The rules were saved.";
    await this.refresh();
  }

  /** Removes a camera. @throws {ApiError} If that fails. */
  async remove({ id, name }: CameraView): Promise<void> {
    await deleteCamera(this.#page, id);
    this.#signals.news.value = `${name} was deleted.`;
    await this.refresh();
  }

  #show({ cameras, can_change }: CameraList): void {
    const { cameras: shown, canChange, now, news, problem, pipelines } = this.#signals;
    const changes = describeChanges(shown.value ?? [], cameras);
    batch(() => {
      shown.value = cameras;
      canChange.value = can_change;
      now.value = Date.now();
      if (changes !== "") news.value = changes;
      if (problem.value === this.#listProblem) problem.value = null;
    });
    if (pipelines.value.length === 0) this.#loadPipelines();
  }

  async #loadPipelines(): Promise<void> {
    try {
      this.#signals.pipelines.value = await fetchPipelines();
    } catch {
      // The list of cameras tells what is wrong, and comes again.
    }
  }
}

let pageLibrary: CameraLibrary | undefined;

/** The one library of this page, which its islands share; made on the first call. */
export function cameraLibrary(signals: CameraSignals): CameraLibrary {
  return pageLibrary ??= new CameraLibrary(signals, location.href);
}
