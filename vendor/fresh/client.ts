import { type ComponentType, type ContainerNode, h, render } from "preact";
import { readProps } from "./island_props.ts";

/** Starts the islands of a page: the script at the end of its body calls this. */
export function boot(islands: Record<string, ComponentType>, literal: readonly unknown[]): void {
  const props = readProps(literal);
  const comments = document.createTreeWalker(document.body, NodeFilter.SHOW_COMMENT);
  let start: Comment | undefined;
  while (comments.nextNode()) {
    const comment = comments.currentNode as Comment;
    if (comment.data.startsWith("frsh:island:")) start = comment;
    if (comment.data !== "/frsh:island" || start === undefined) continue;
    const [, , name, index] = start.data.split(":");
    const element = h(islands[name!]!, props[Number(index)]!);
    const range = rangeBetween(start, comment);
    // A task for each, so that an island that fails does not take the others with it.
    setTimeout(() => render(element, range));
  }
}

/** What Preact needs of an element, for the nodes between two markers. */
function rangeBetween(start: Comment, end: Comment): ContainerNode {
  const parent = start.parentNode as Element;
  const range = {
    nodeType: 1,
    parentNode: parent,
    namespaceURI: parent.namespaceURI,
    get childNodes(): Node[] {
      const nodes: Node[] = [];
      for (let it = start.nextSibling; it && it !== end; it = it.nextSibling) nodes.push(it);
      return nodes;
    },
    get firstChild(): Node | null {
      return range.childNodes[0] ?? null;
    },
    contains: (node: Node | null): boolean => range.childNodes.some((it) => it.contains(node)),
    insertBefore: (node: Node, next: Node | null): Node => parent.insertBefore(node, next ?? end),
    appendChild: (node: Node): Node => parent.insertBefore(node, end),
    removeChild: (node: Node): Node => parent.removeChild(node),
  };
  return range as unknown as ContainerNode;
}
