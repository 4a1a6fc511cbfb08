import { type ComponentType, type ContainerNode, h, render } from "preact";
import { deserialize } from "./deserialize.ts";

/** Starts the islands of a page: the script at the end of its body calls this. */
export function boot(
  islands: Record<string, ComponentType>,
  items: readonly unknown[],
): void {
  const allProps = deserialize(items) as Record<string, unknown>[];
  for (const { name, index, start, end } of findIslands()) {
    const component = islands[name];
    if (component === undefined) continue;
    const element = h(component, allProps[index] ?? {});
    // A task for each, so that an island that fails does not take the others with it.
    setTimeout(() => render(element, rangeBetween(start, end)));
  }
}

interface IslandMarkers {
  name: string;
  index: number;
  start: Comment;
  end: Comment;
}

function findIslands(): IslandMarkers[] {
  const found: IslandMarkers[] = [];
  const comments = document.createTreeWalker(
    document.body,
    NodeFilter.SHOW_COMMENT,
  );
  let start: Comment | undefined;
  while (comments.nextNode()) {
    const comment = comments.currentNode as Comment;
    if (comment.data.startsWith("frsh:island:")) start = comment;
    if (comment.data === "/frsh:island" && start !== undefined) {
      const [, , name = "", index] = start.data.split(":");
      found.push({ name, index: Number(index), start, end: comment });
    }
  }
  return found;
}

/** The part of an element that Preact sees when it renders between two markers. */
function rangeBetween(start: Comment, end: Comment): ContainerNode {
  const parent = start.parentNode as Element;
  const range = {
    nodeType: 1,
    parentNode: parent,
    namespaceURI: parent.namespaceURI,
    get childNodes(): Node[] {
      const nodes: Node[] = [];
      for (
        let it = start.nextSibling;
        it !== end && it !== null;
        it = it.nextSibling
      ) {
        nodes.push(it);
      }
      return nodes;
    },
    get firstChild(): Node | null {
      return range.childNodes[0] ?? null;
    },
    contains: (node: Node | null): boolean => range.childNodes.some((it) => it.contains(node)),
    insertBefore: (node: Node, before: Node | null): Node =>
      parent.insertBefore(node, before ?? end),
    appendChild: (node: Node): Node => parent.insertBefore(node, end),
    removeChild: (node: Node): Node => parent.removeChild(node),
  };
  // Preact needs no more of an element than this.
  return range as unknown as ContainerNode;
}
