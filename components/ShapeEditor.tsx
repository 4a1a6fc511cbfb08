import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { addCorner, movePoint, placeForCorner, removePoint } from "../lib/client/rules/shape.ts";
import type { Size } from "../lib/image/size.ts";
import type { PicturePoint } from "../lib/protocol/rule.ts";
import { RuleShape } from "./RuleShape.tsx";
import { ShapePicture } from "./ShapePicture.tsx";

/** How far a key moves a point, as a share of the picture; with Shift, finely. */
const STEP = 0.02;
const FINE_STEP = 0.002;

const DIRECTIONS: Readonly<Record<string, [x: number, y: number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** A picture on which a zone or a line is drawn: with a finger, a mouse or the keyboard. */
export function ShapeEditor({ picture, size, points, isLine, onChange }: {
  /** Address of the picture. */
  picture: string;
  /** Of the picture; only its shape matters. */
  size: Size;
  points: readonly PicturePoint[];
  /** Whether a line is drawn, and not a zone. */
  isLine: boolean;
  onChange: (points: PicturePoint[]) => void;
}): JSX.Element {
  const handles = useRef<HTMLDivElement>(null);
  const aspect = size.width / size.height;
  const focus = (index: number) =>
    requestAnimationFrame(() =>
      handles.current?.querySelectorAll<HTMLElement>(".handle")[index]?.focus()
    );
  const isFull = isLine && points.length === 2;
  const add = (to: readonly [number, number]) => {
    if (isFull) return;
    const added = addCorner(points, to, aspect);
    onChange(added.points);
    focus(added.index);
  };
  const onPress = (event: JSX.TargetedPointerEvent<HTMLDivElement>) => {
    if (event.target instanceof HTMLElement && event.target.closest(".handle") !== null) return;
    add(shareOf(event, event.currentTarget));
  };
  const onKey = (event: JSX.TargetedKeyboardEvent<HTMLButtonElement>, index: number) => {
    const direction = DIRECTIONS[event.key];
    const [x, y] = points[index] ?? [0, 0];
    if (direction !== undefined) {
      const step = event.shiftKey ? FINE_STEP : STEP;
      onChange(movePoint(points, index, [x + direction[0] * step, y + direction[1] * step]));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      onChange(removePoint(points, index));
      focus(Math.max(0, index - 1));
    } else return;
    event.preventDefault();
  };
  const onDrag = (event: JSX.TargetedPointerEvent<HTMLButtonElement>, index: number) => {
    if (!event.currentTarget.hasPointerCapture(event.pointerId) || handles.current === null) return;
    onChange(movePoint(points, index, shareOf(event, handles.current)));
  };
  return (
    <div class="shape-editor">
      <div
        ref={handles}
        class="screen shape-picture"
        style={{ aspectRatio: `${size.width} / ${size.height}` }}
        data-full={isFull}
        onPointerUp={onPress}
      >
        <ShapePicture url={picture} />
        <svg viewBox={`0 0 ${size.width} ${size.height}`} aria-hidden="true">
          <RuleShape points={points} isLine={isLine} size={size} />
        </svg>
        {points.map(([x, y], index) => (
          <button
            key={index}
            type="button"
            class="handle"
            style={{ left: `${x * 100}%`, top: `${y * 100}%` }}
            aria-label={describePoint(points, index, isLine)}
            onKeyDown={(event) => onKey(event, index)}
            onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
            onPointerMove={(event) => onDrag(event, index)}
          />
        ))}
      </div>
      <ShapeActions
        points={points}
        isLine={isLine}
        isFull={isFull}
        onAdd={() => add(placeForCorner(points, aspect))}
        onChange={onChange}
      />
    </div>
  );
}

function ShapeActions({ points, isLine, isFull, onAdd, onChange }: {
  points: readonly PicturePoint[];
  isLine: boolean;
  /** Whether it takes no more points. */
  isFull: boolean;
  onAdd: () => void;
  onChange: (points: PicturePoint[]) => void;
}): JSX.Element {
  return (
    <div class="shape-actions">
      <button type="button" class="button" disabled={isFull} onClick={onAdd}>
        <span>{isLine ? "Add an end" : "Add a corner"}</span>
      </button>
      {isLine && (
        <button
          type="button"
          class="button"
          disabled={!isFull}
          onClick={() => onChange([...points].reverse())}
        >
          <span>Turn around</span>
        </button>
      )}
      <button
        type="button"
        class="button"
        disabled={points.length === 0}
        onClick={() => onChange([])}
      >
        <span>Start over</span>
      </button>
    </div>
  );
}

/** Where a pointer is, as shares of an element's size. */
function shareOf(
  { clientX, clientY }: { clientX: number; clientY: number },
  element: HTMLElement,
): [x: number, y: number] {
  const { left, top, width, height } = element.getBoundingClientRect();
  return [(clientX - left) / width, (clientY - top) / height];
}

function describePoint(points: readonly PicturePoint[], index: number, isLine: boolean): string {
  const [x, y] = points[index] ?? [0, 0];
  const place = `${Math.round(x * 100)} % from the left, ${Math.round(y * 100)} % from above`;
  const what = isLine ? ["Start", "End"][index] : `Corner ${index + 1} of ${points.length}`;
  return `${what}, ${place}`;
}
