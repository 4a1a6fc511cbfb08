import {
  type ComponentChildren,
  type ComponentType,
  Fragment,
  type FunctionComponent,
  h,
  options,
  type VNode,
} from "preact";
import { jsxTemplate } from "preact/jsx-runtime";
import { renderToString } from "preact-render-to-string";
import type { BuildCache } from "./build_cache.ts";
import { writeProps } from "./island_props.ts";
import type { Island } from "./types.ts";

/** A page to render to a whole document. */
export interface PageToRender {
  /** The page within its layouts. */
  page: VNode;
  /** The app wrapper, which is rendered after the page. */
  app: VNode | undefined;
  /** Gives the HTML of the page to the app wrapper. */
  setContent: (html: string) => void;
  /** The build whose islands are marked. */
  cache: BuildCache;
  /** The path of the request, to mark links to it. */
  pathname: string;
}

/** A rendered document. */
export interface RenderedPage {
  /** The whole document, from its doctype on. */
  html: string;
  /** The nonce of its scripts and styles. */
  nonce: string;
  /** The `Link` header that has the browser load its modules early. */
  link: string | undefined;
}

/** Preact's hooks around the rendering of an element, under the names in its published build. */
interface RenderHooks {
  /** Called before an element is rendered. */
  __b?: (vnode: VNode) => void;
  /** Called after an element is rendered. */
  diffed?: (vnode: VNode) => void;
}

class RenderState {
  readonly nonce = crypto.randomUUID().replaceAll("-", "");
  readonly islands = new Set<Island>();
  readonly islandProps: unknown[] = [];
  /** Elements that are rendered as they are, since they come from a wrapper. */
  readonly plain = new WeakSet<VNode>();
  /** Elements of islands whose own islands are parts of them. */
  readonly roots = new WeakSet<VNode>();
  readonly seen = new Set<string>();
  depth = 0;
  hasScripts = false;

  constructor(readonly cache: BuildCache, readonly pathname: string) {}
}

// Rendering is synchronous, so there is one at a time.
let state: RenderState | undefined;

const hooks = options as RenderHooks;
const { __b: previousBefore, diffed: previousDiffed } = hooks;

hooks.__b = (vnode) => {
  if (state !== undefined) {
    if (state.roots.has(vnode)) state.depth++;
    if (typeof vnode.type === "string") state.seen.add(vnode.type);
    const wrapper = state.plain.has(vnode) ? undefined : wrapperOf(vnode.type);
    if (wrapper !== undefined) vnode.type = wrapper;
  }
  previousBefore?.(vnode);
};
hooks.diffed = (vnode) => {
  if (state?.roots.has(vnode)) state.depth--;
  previousDiffed?.(vnode);
};

/** Renders a page to a document with markers around its islands and the script that starts them. */
export function renderPage({ page, app, setContent, cache, pathname }: PageToRender): RenderedPage {
  const current = state = new RenderState(cache, pathname);
  try {
    let html = renderToString(page);
    if (app !== undefined) {
      setContent(html);
      html = renderToString(app);
    }
    if (!current.seen.has("body")) {
      html = renderToString(h("body", null, rawHtml(html)));
    }
    if (!current.seen.has("head")) {
      html = `<head><meta charset="utf-8"></head>${html}`;
    }
    if (!current.seen.has("html")) html = `<html>${html}</html>`;
    return { html: `<!DOCTYPE html>${html}`, nonce: current.nonce, link: linkHeader(current) };
  } finally {
    state = undefined;
  }
}

/** An element that renders to the given HTML. */
export function rawHtml(html: string): VNode {
  return jsxTemplate([html]);
}

function linkHeader({ islands, cache }: RenderState): string | undefined {
  if (islands.size === 0) return undefined;
  const modules = new Set([cache.clientEntry, ...[...islands].map((island) => island.file)]);
  return [...modules].map((it) => `<${encodeURI(it)}>; rel="modulepreload"; as="script"`).join(
    ", ",
  );
}

type AnyProps = Record<string, unknown> & { children?: ComponentChildren };

const wrappers = new Map<unknown, FunctionComponent>([
  ["script", (props: AnyProps) => plain("script", withNonce(props))],
  ["style", (props: AnyProps) => plain("style", withNonce(props))],
  ["a", (props: AnyProps) => plain("a", { ...props, ...currentLink(props.href) })],
  ["body", ({ children, ...props }: AnyProps) => plain("body", props, children, h(Scripts, null))],
]);

function wrapperOf(type: unknown): FunctionComponent | undefined {
  if (typeof type === "function" && state?.cache.islands.has(type as ComponentType)) {
    const component = type as ComponentType;
    if (!wrappers.has(type)) {
      wrappers.set(type, (props) => renderIsland(component, props));
    }
  }
  return wrappers.get(type);
}

function renderIsland(component: ComponentType, props: AnyProps): VNode {
  const island = state?.cache.islands.get(component);
  const child = plain(component, props);
  // An island within an island starts as a part of the outer one.
  if (state === undefined || island === undefined || state.depth > 0) {
    return child;
  }
  state.islands.add(island);
  state.roots.add(child);
  const index = state.islandProps.push(props) - 1;
  return h(
    Fragment,
    null,
    comment(`frsh:island:${island.name}:${index}:`),
    child,
    comment("/frsh:island"),
  );
}

function comment(text: string): VNode {
  // Preact has this prop for frameworks, and does not declare it.
  return h(Fragment as FunctionComponent<AnyProps>, { UNSTABLE_comment: text });
}

function plain(
  type: string | ComponentType,
  props: AnyProps,
  ...children: ComponentChildren[]
): VNode {
  const vnode = h(type as FunctionComponent<AnyProps>, props, ...children) as VNode;
  state?.plain.add(vnode);
  return vnode;
}

function withNonce(props: AnyProps): AnyProps {
  return { ...props, nonce: props.nonce ?? state?.nonce };
}

function currentLink(href: unknown): AnyProps {
  if (typeof href !== "string" || !href.startsWith("/") || state === undefined) return {};
  const target = trimSlash(new URL(href, "http://localhost").pathname);
  const current = trimSlash(state.pathname);
  if (target === current) {
    return { "data-current": "true", "aria-current": "page" };
  }
  const isAncestor = target === "/" || current.startsWith(`${target}/`);
  return isAncestor ? { "data-ancestor": "true", "aria-current": "true" } : {};
}

function trimSlash(pathname: string): string {
  return pathname === "/" ? pathname : pathname.replace(/\/$/, "");
}

/** The script that starts the islands; it is rendered last, when all of them are known. */
function Scripts(): VNode | null {
  if (state === undefined || state.islands.size === 0 || state.hasScripts) {
    return null;
  }
  state.hasScripts = true;
  const imports = [`import{boot}from${JSON.stringify(state.cache.clientEntry)};`];
  const entries: string[] = [];
  [...state.islands].forEach(({ name, exportName, file }, index) => {
    imports.push(`import{${exportName} as island${index}}from${JSON.stringify(file)};`);
    entries.push(`${JSON.stringify(name)}:island${index}`);
  });
  const props = writeProps(state.islandProps);
  const __html = `${imports.join("")}boot({${entries.join(",")}},${props});`;
  return h("script", {
    type: "module",
    dangerouslySetInnerHTML: { __html },
  }) as VNode;
}
