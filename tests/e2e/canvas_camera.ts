/** A camera that the test turns and stops as people do with phones: a canvas in the page. @module */

import type { Page } from "playwright-core";
import type { Size } from "../../lib/image/size.ts";
import type { Rectangle } from "../../lib/image/captions.ts";
import { DOG_IMAGE } from "./live_page.ts";

/** What the camera sees. */
export interface CameraView {
  /** Size of the camera's image, in pixels. */
  size: Size;
  /** Where `dog.jpg` is in it; grey is around it. */
  dog: Rectangle;
}

/** A camera held level. */
export const LEVEL: CameraView = {
  size: { width: 640, height: 480 },
  dog: { x: 0, y: 0, width: 640, height: 480 },
};

/** The same camera held upright. */
export const UPRIGHT: CameraView = {
  size: { width: 480, height: 640 },
  dog: { x: 0, y: 240, width: 480, height: 360 },
};

/** The part of the page that plays the camera. */
interface CanvasCamera {
  view: CameraView;
  gives: boolean;
  isTaken: boolean;
  tracks: MediaStreamTrack[];
  asked: MediaStreamConstraints[];
}

type CameraWindow = typeof globalThis & { canvasCamera: CanvasCamera };

/** Options for {@linkcode CameraInPage.install}. */
export interface CanvasCameraOptions {
  /** What the camera sees at first. */
  view: CameraView;
  /** The side of a phone that it looks to. */
  facing?: "user" | "environment";
}

/** Drives the canvas that a page takes for its camera. */
export class CameraInPage {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Puts the camera into a page that has not asked for one yet. */
  static async install(
    page: Page,
    { view, facing }: CanvasCameraOptions,
  ): Promise<CameraInPage> {
    const image = (await Deno.readFile(DOG_IMAGE)).toBase64();
    await page.evaluate(async ({ image, view, facing }) => {
      const dog = await createImageBitmap(new Blob([Uint8Array.fromBase64(image)]));
      const camera: CanvasCamera = { view, gives: true, isTaken: false, tracks: [], asked: [] };
      (globalThis as CameraWindow).canvasCamera = camera;
      const canvas = document.createElement("canvas");
      const draw = () => {
        if (!camera.gives) return;
        const { size, dog: place } = camera.view;
        if (canvas.width !== size.width) canvas.width = size.width;
        if (canvas.height !== size.height) canvas.height = size.height;
        const context = canvas.getContext("2d");
        if (context === null) throw new Error("No canvas");
        context.fillStyle = "#808080";
        context.fillRect(0, 0, size.width, size.height);
        context.drawImage(dog, place.x, place.y, place.width, place.height);
      };
      draw();
      setInterval(draw, 50);
      navigator.mediaDevices.getUserMedia = (constraints) => {
        camera.asked.push(constraints ?? {});
        if (camera.isTaken) return Promise.reject(new DOMException("", "NotReadableError"));
        const stream = canvas.captureStream();
        for (const track of stream.getTracks()) {
          camera.tracks.push(track);
          const settings = {
            deviceId: "canvas",
            ...facing !== undefined && { facingMode: facing },
          };
          track.getSettings = () => settings;
        }
        return Promise.resolve(stream);
      };
    }, { image, view, facing });
    return new CameraInPage(page);
  }

  /** Shows something else, which may be of another size. */
  async show(view: CameraView): Promise<void> {
    await this.#page.evaluate((view) => {
      (globalThis as CameraWindow).canvasCamera.view = view;
    }, view);
  }

  /** Stops giving frames, as while a call has the camera, or goes on. */
  async give(gives: boolean): Promise<void> {
    await this.#page.evaluate((gives) => {
      (globalThis as CameraWindow).canvasCamera.gives = gives;
    }, gives);
  }

  /** Takes the camera away, as another program does, or gives it back. */
  async take(isTaken: boolean): Promise<void> {
    await this.#page.evaluate((isTaken) => {
      const camera = (globalThis as CameraWindow).canvasCamera;
      camera.isTaken = isTaken;
      if (!isTaken) return;
      for (const track of camera.tracks) {
        track.stop();
        // Not told by itself of a track that the page could have stopped.
        track.dispatchEvent(new Event("ended"));
      }
    }, isTaken);
  }

  /** How many times the page took the camera and has not let go of it. */
  async inUse(): Promise<number> {
    return await this.#page.evaluate(() =>
      (globalThis as CameraWindow).canvasCamera.tracks
        .filter(({ readyState }) => readyState === "live").length
    );
  }

  /** What the page asked for, the latest last. */
  async asked(): Promise<MediaStreamConstraints[]> {
    return await this.#page.evaluate(() => (globalThis as CameraWindow).canvasCamera.asked);
  }
}
