import { useSignal } from "@preact/signals";
import type { JSX } from "preact";

/** The picture below a shape, or that there is none now. */
export function ShapePicture({ url }: { url: string }): JSX.Element {
  const isMissing = useSignal(false);
  return isMissing.value
    ? <p class="shape-blank">The camera gives no picture now. What you draw counts all the same.</p>
    : <img src={url} alt="" draggable={false} onError={() => isMissing.value = true} />;
}
