import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** Whether an element is on screen, on a page that is seen. */
export function useOnScreen(element: RefObject<Element>): ReadonlySignal<boolean> {
  const isSeen = useSignal(false);
  useEffect(() => {
    if (element.current === null) return;
    let isOnScreen = false;
    const update = () => isSeen.value = isOnScreen && !document.hidden;
    const observer = new IntersectionObserver((entries) => {
      isOnScreen = entries.at(-1)?.isIntersecting ?? false;
      update();
    });
    observer.observe(element.current);
    document.addEventListener("visibilitychange", update);
    return () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", update);
    };
  }, []);
  return isSeen;
}
