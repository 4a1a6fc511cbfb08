/**
 * What every route finds in `ctx.state`, and how routes are defined.
 *
 * @module
 */

import { type Context, createDefine, type Define, type HandlerFn } from "fresh";
import { api, type ApiMethod } from "./lib/http/api.ts";
import { checkAccess, checkTrusted } from "./lib/http/access.ts";
import { toCameraApiError } from "./lib/http/camera_errors.ts";
import { checkEventId, toEventApiError } from "./lib/http/event_errors.ts";
import { checkJobId, toVideoApiError } from "./lib/http/video_errors.ts";
import type { Services } from "./services.ts";

/** The style sheets in `static/styles/`, each for one page; `message` for those that only say something. */
export type StyleSheet = "live" | "cameras" | "events" | "watch" | "videos" | "docs" | "message";

/** State of one request. */
export interface State {
  /** The parts of the server, the same for every request. */
  services: Services;
  /** What the page is called in the title of its window, beside livesyte; set by its handler. */
  title?: string;
  /**
   * Name of its style sheet in `static/styles/`; set by its handler.
   *
   * @default {"message"}
   */
  styles?: StyleSheet;
}

/** Fresh's `define`, typed for this application. */
export const define: Define<State> = createDefine<State>();

type ApiHandler = (context: Context<State>) => Response | Promise<Response>;

/** Defines the handlers of a path that answers programs; see {@linkcode api}. */
export function defineApi(
  methods: Partial<Record<ApiMethod, ApiHandler>>,
): HandlerFn<unknown, State> {
  return api<Context<State>>(methods);
}

/** The same for a path of video jobs: only for those who may use the server, and with the errors of jobs. */
export function defineVideoApi(
  methods: Partial<Record<ApiMethod, ApiHandler>>,
): HandlerFn<unknown, State> {
  const checkJob = async (id: string, { videos }: Services) => {
    checkJobId(id);
    await videos.lookFor(id);
  };
  return defineGuardedApi(methods, checkJob, toVideoApiError);
}

/** The same for a path of events. */
export function defineEventApi(
  methods: Partial<Record<ApiMethod, ApiHandler>>,
): HandlerFn<unknown, State> {
  return defineGuardedApi(methods, checkEventId, toEventApiError);
}

/**
 * The same for a path of cameras. What is more than looking is only for the machine itself, or those who present a token: it can make
 * the server connect anywhere.
 */
export function defineCameraApi(
  methods: Partial<Record<ApiMethod, ApiHandler>>,
): HandlerFn<unknown, State> {
  const entries = Object.entries(methods).map(([method, handler]) => {
    const guarded: ApiHandler = async (ctx) => {
      const { stream } = ctx.state.services.config;
      if (method === "GET") checkAccess(ctx.req, stream);
      else checkTrusted(ctx.req, ctx.info.remoteAddr, stream);
      try {
        return await handler(ctx);
      } catch (error) {
        throw toCameraApiError(error);
      }
    };
    return [method, guarded];
  });
  return defineApi(Object.fromEntries(entries));
}

function defineGuardedApi(
  methods: Partial<Record<ApiMethod, ApiHandler>>,
  checkId: (id: string, services: Services) => void | Promise<void>,
  toApiError: (error: unknown) => unknown,
): HandlerFn<unknown, State> {
  const entries = Object.entries(methods).map(([method, handler]) => {
    const guarded: ApiHandler = async (ctx) => {
      checkAccess(ctx.req, ctx.state.services.config.stream);
      try {
        if (ctx.params.id !== undefined) await checkId(ctx.params.id, ctx.state.services);
        return await handler(ctx);
      } catch (error) {
        throw toApiError(error);
      }
    };
    return [method, guarded];
  });
  return defineApi(Object.fromEntries(entries));
}
