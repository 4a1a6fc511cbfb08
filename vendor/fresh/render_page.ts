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
import type { BuildCache, Island } from "./build_cache.ts";
import { writeProps } from "./island_props.ts";

/** A page to render to a whole document. */
export interface PageToRender {
  /** The page; `undefined` for an empty one. */
  page: VNode | undefined;
  /** Puts the HTML of the page into the document around it, which is rendered after it. */
  wrap: (html: string) => VNode;
  /** The build whose islands are marked. */
  cache: BuildCache;
}

/** A rendered document. */
export interface RenderedPage {
  /** The whole document, from its doctype on. */
  html: string;
  /** The nonce of its script. */
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
  depth = 0;

  constructor(readonly cache: BuildCache) {}
}

// Rendering is synchronous, so there is one at a time.
let state: RenderState | undefined;

const hooks = options as RenderHooks;
const { __b: previousBefore, diffed: previousDiffed } = hooks;

hooks.__b = (vnode) => {
  if (state?.roots.has(vnode)) state.depth++;
  const wrapper = state?.plain.has(vnode) ? undefined : wrapperOf(vnode.type);
  if (wrapper !== undefined) vnode.type = wrapper;
  previousBefore?.(vnode);
};
hooks.diffed = (vnode) => {
  if (state?.roots.has(vnode)) state.depth--;
  previousDiffed?.(vnode);
};

/** Renders a page to a document with markers around its islands and the script that starts them. */
export function renderPage({ page, wrap, cache }: PageToRender): RenderedPage {
  const { nonce, islands } = state = new RenderState(cache);
  try {
    const html = renderToString(wrap(renderToString(page ?? h(Fragment, null))));
    return { html: `<!DOCTYPE html>${html}`, nonce, link: linkHeader(islands, cache) };
  } finally {
    state = undefined;
  }
}

/** An element that renders to the given HTML. */
export function rawHtml(html: string): VNode {
  return jsxTemplate([html]);
}

function linkHeader(islands: Set<Island>, { clientEntry }: BuildCache): string | undefined {
  if (islands.size === 0) return undefined;
  const modules = new Set([clientEntry, ...[...islands].map((island) => island.file)]);
  return [...modules].map((it) => `<${encodeURI(it)}>; rel="modulepreload"; as="script"`)
    .join(", ");
}

type AnyProps = Record<string, unknown> & { children?: ComponentChildren };

const islandWrappers = new Map<unknown, FunctionComponent>();

function wrapperOf(type: unknown): FunctionComponent | undefined {
  if (type === "body") return withScript as FunctionComponent;
  if (typeof type !== "function" || !state?.cache.islands.has(type as ComponentType)) {
    return undefined;
  }
  return islandWrappers.getOrInsertComputed(
    type,
    () => (props) => renderIsland(type as ComponentType, props),
  );
}

function withScript({ children, ...props }: AnyProps): VNode {
  return plain("body", props, children, h(Script, null));
}

function renderIsland(component: ComponentType, props: AnyProps): VNode {
  const island = state?.cache.islands.get(component);
  const child = plain(component, props);
  // An island within an island starts as a part of the outer one.
  if (state === undefined || island === undefined || state.depth > 0) return child;
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

/** The script that starts the islands; it is rendered last, when all of them are known. */
function Script(): VNode | null {
  if (state === undefined || state.islands.size === 0) return null;
  const imports = [`import{boot}from${JSON.stringify(state.cache.clientEntry)};`];
  const entries: string[] = [];
  [...state.islands].forEach(({ name, exportName, file }, index) => {
    imports.push(`import{${exportName} as island${index}}from${JSON.stringify(file)};`);
    entries.push(`${JSON.stringify(name)}:island${index}`);
  });
  const props = writeProps(state.islandProps);
  const __html = `${imports.join("")}boot({${entries.join(",")}},${props});`;
  const { nonce } = state;
  return h("script", { type: "module", nonce, dangerouslySetInnerHTML: { __html } }) as VNode;
}
