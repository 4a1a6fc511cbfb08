import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Icon } from "./Icon.tsx";

/** Takes a file that is dropped anywhere on the page. */
export function DropTarget({ onFile }: { onFile: (file: File) => void }): JSX.Element {
  const active = useSignal(false);
  useEffect(() => {
    // Entering an element inside comes before leaving the one around it, so both are counted.
    let depth = 0;
    const show = (change: number) => {
      depth = Math.max(0, depth + change);
      active.value = depth > 0;
    };
    const listeners: Record<string, (event: DragEvent) => void> = {
      dragenter: () => show(1),
      dragleave: () => show(-1),
      dragover: () => {},
      drop: (event) => {
        show(-Infinity);
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) onFile(file);
      },
    };
    const controller = new AbortController();
    for (const [type, listener] of Object.entries(listeners)) {
      const onEvent = (event: Event) => {
        if (!(event instanceof DragEvent) || !carriesFile(event)) return;
        // Otherwise the browser would leave the page and open the file by itself.
        event.preventDefault();
        listener(event);
      };
      document.addEventListener(type, onEvent, { signal: controller.signal });
    }
    return () => controller.abort();
  }, []);
  return (
    <div class="drop" data-active={active.value} aria-hidden="true">
      <div class="drop-frame">
        <Icon name="drop" />
        Drop to look at this file
      </div>
    </div>
  );
}

function carriesFile(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
