/**
 * The paths of cameras and what they take and answer.
 *
 * @module
 */

import type { Operation } from "./openapi_operations.ts";
import { reference } from "./openapi_schemas.ts";

/** All but the WebSocket, in the order in which they are shown. */
export const CAMERA_OPERATIONS: readonly Operation[] = [
  {
    path: "/camera",
    method: "get",
    summary: "The cameras, each with its state",
    guarded: true,
    answer: "CameraList",
  },
  {
    path: "/camera",
    method: "post",
    summary: "Adds a camera",
    guarded: true,
    body: { "application/json": reference("CameraDefinition") },
    answer: "CameraView",
    status: 201,
    errors: [400, 409, 413, 503],
  },
  {
    path: "/camera/test",
    method: "post",
    summary:
      "Opens an address for at most 10 s, and answers with a frame of it, or why there is none",
    guarded: true,
    body: { "application/json": reference("CameraTrial") },
    answer: "CameraTested",
    errors: [400, 404, 413, 503],
  },
  {
    path: "/camera/{id}",
    id: "string",
    method: "get",
    summary: "One camera",
    guarded: true,
    answer: "CameraView",
    errors: [404],
  },
  {
    path: "/camera/{id}",
    id: "string",
    method: "patch",
    summary: "Changes a camera",
    guarded: true,
    body: { "application/json": reference("CameraChange") },
    answer: "CameraView",
    errors: [400, 404, 409, 413, 503],
  },
  {
    path: "/camera/{id}",
    id: "string",
    method: "delete",
    summary: "Removes a camera; those who watch it are closed",
    guarded: true,
    answer: undefined,
    status: 204,
    errors: [404, 409, 503],
  },
  {
    path: "/camera/{id}/start",
    id: "string",
    method: "post",
    summary: "Keeps a camera on, whoever looks at it, until it is told otherwise or changed",
    guarded: true,
    answer: "CameraView",
    errors: [404, 503],
  },
  {
    path: "/camera/{id}/stop",
    id: "string",
    method: "post",
    summary: "Keeps a camera off, whoever looks at it, until it is told otherwise or changed",
    guarded: true,
    answer: "CameraView",
    errors: [404, 503],
  },
  {
    path: "/camera/{id}/auto",
    id: "string",
    method: "post",
    summary:
      "Takes start and stop back: a camera runs while somebody looks, or always if it is so set",
    guarded: true,
    answer: "CameraView",
    errors: [404, 503],
  },
  {
    path: "/camera/{id}/counts",
    id: "string",
    method: "get",
    summary: "What the rules of a camera have counted",
    guarded: true,
    answer: "CameraCounts",
    errors: [404, 503],
  },
  {
    path: "/camera/{id}/snapshot.jpg",
    id: "string",
    method: "get",
    summary: "The newest frame of a camera, which is started if it is off",
    guarded: true,
    query: "CameraImageQuery",
    answer: "image/jpeg",
    errors: [404, 503],
  },
  {
    path: "/camera/{id}/stream.mjpeg",
    id: "string",
    method: "get",
    summary: "The frames of a camera as they come, as JPEGs one after the other, without end",
    guarded: true,
    query: "CameraImageQuery",
    answer: "multipart/x-mixed-replace",
    errors: [404],
  },
  {
    path: "/camera/{id}/hls/{file}",
    id: "string",
    method: "get",
    summary:
      "The video of a camera with results drawn in, as HTTP Live Streaming: master.m3u8 and what that names",
    guarded: true,
    answer: "application/vnd.apple.mpegurl",
    otherAnswers: ["video/mp2t"],
    errors: [404, 416, 503],
  },
];
