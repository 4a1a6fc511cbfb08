/** Talks to the `/camera` paths. */

import {
  type CameraList,
  CameraListSchema,
  type CameraView,
  CameraViewSchema,
} from "../../protocol/camera.ts";
import {
  type CameraChange,
  type CameraDefinition,
  type CameraTested,
  CameraTestedSchema,
  type CameraTrial,
} from "../../protocol/camera_definition.ts";
import { apiUrl, read, request } from "../server_api.ts";

/** What can be set of a camera; its id only while it is new. */
export type CameraSettings = Omit<CameraDefinition, "rules">;

/** Asks for all cameras. @throws {ApiError} If that fails. */
export async function fetchCameras(page: string): Promise<CameraList> {
  return read(CameraListSchema, await request(apiUrl(page, "/camera")));
}

/** Adds a camera. @throws {ApiError} If the server refuses it. */
export async function addCamera(page: string, settings: CameraSettings): Promise<CameraView> {
  const answer = await request(apiUrl(page, "/camera"), json("POST", settings));
  return read(CameraViewSchema, answer);
}

/** Changes what is named of a camera, and leaves the rest. @throws {ApiError} If the server refuses it. */
export async function changeCamera(
  page: string,
  id: string,
  changes: CameraChange,
): Promise<CameraView> {
  const answer = await request(apiUrl(page, `/camera/${id}`), json("PATCH", changes));
  return read(CameraViewSchema, answer);
}

/** Gives a camera other rules in place of those that it has. @throws {ApiError} If the server refuses one. */
export async function changeRules(page: string, id: string, rules: unknown[]): Promise<void> {
  await request(apiUrl(page, `/camera/${id}`), json("PATCH", { rules }));
}

/** Removes a camera. @throws {ApiError} If that fails. */
export async function deleteCamera(page: string, id: string): Promise<void> {
  await request(apiUrl(page, `/camera/${id}`), { method: "DELETE" });
}

/** Keeps a camera on, whether somebody looks or not, or off for everyone; or takes that back. */
export type ForceAction = "start" | "stop" | "auto";

/** Keeps a camera on or off, or takes that back. @throws {ApiError} If that fails. */
export async function forceCamera(
  page: string,
  id: string,
  action: ForceAction,
): Promise<void> {
  await request(apiUrl(page, `/camera/${id}/${action}`), { method: "POST" });
}

/**
 * Lets the server open an address, which takes up to ten seconds.
 *
 * @throws {ApiError} If the server does not try.
 */
export async function testCamera(
  page: string,
  trial: CameraTrial,
  signal: AbortSignal,
): Promise<CameraTested> {
  const answer = await request(apiUrl(page, "/camera/test"), { ...json("POST", trial), signal });
  return read(CameraTestedSchema, answer);
}

/** The address at which a camera's results and frames are watched. */
export function cameraSocketUrl(page: string, id: string): string {
  return apiUrl(page, `/ws/cameras/${id}`, { frames: "1" }).replace(/^http/, "ws");
}

/** The address of what a camera sees now, which no cache keeps. */
export function cameraSnapshotUrl(page: string, id: string): string {
  return apiUrl(page, `/camera/${id}/snapshot.jpg`, { at: String(Date.now()) });
}

/** The address of a camera's video, in all its qualities. */
export function cameraVideoUrl(page: string, id: string): string {
  return apiUrl(page, `/camera/${id}/hls/master.m3u8`);
}

/** The address of the page that shows one camera large; of all of them for `null`. */
export function cameraPage(page: string, id: string | null): string {
  const url = new URL(apiUrl(page, "/cameras", id === null ? {} : { id }));
  return url.pathname + url.search;
}

function json(method: string, body: unknown): RequestInit {
  return {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  };
}
