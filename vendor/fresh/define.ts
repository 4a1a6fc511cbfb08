import type { AnyComponent } from "preact";
import type { HandlerFn, PageProps } from "./types.ts";

/** Functions that return what they are given, and tell the compiler its types. */
export interface Define<State> {
  /** Defines the handler of a route. */
  handlers<Data, Handler extends HandlerFn<Data, State> = HandlerFn<Data, State>>(
    handler: Handler,
  ): typeof handler;

  /** Defines a page; the type of its handler, given as `Handler`, says what its `data` is. */
  page<
    // The data of the handler is inferred below.
    // deno-lint-ignore no-explicit-any
    Handler extends HandlerFn<any, State> = never,
    Data = Handler extends HandlerFn<infer D, State> ? D : never,
  >(render: AnyComponent<PageProps<Data, State>>): typeof render;
}

/** Makes the `define` functions of an application from the type of its state. */
export function createDefine<State>(): Define<State> {
  return { handlers: (handler) => handler, page: (render) => render };
}
