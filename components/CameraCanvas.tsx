import type { JSX, RefObject } from "preact";

/** The canvas that a camera's frames are drawn on; see `useWatchedCamera`. */
export function CameraCanvas({ canvas, name, isShown, isFilled }: {
  canvas: RefObject<HTMLCanvasElement>;
  /** Of the camera. */
  name: string;
  isShown: boolean;
  /** Whether the image fills its place, rather than fits into it. */
  isFilled: boolean;
}): JSX.Element {
  return (
    <canvas
      ref={canvas}
      class="source"
      width={0}
      height={0}
      data-shown={isShown}
      data-fill={isFilled}
      role="img"
      aria-label={`What ${name} sees`}
    />
  );
}
