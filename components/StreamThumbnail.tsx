import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { fetchThumbnail } from "../lib/client/watch/sessions.ts";
import { followThumbnail } from "../lib/client/watch/follow_thumbnail.ts";
import type { SessionSummary } from "../lib/protocol/session_summary.ts";
import { Icon } from "./Icon.tsx";
import { useOnScreen } from "./use_on_screen.ts";

/** A small image of what a stream shows, renewed while it is seen; a symbol where there is none. */
export function StreamThumbnail({ stream }: { stream: SessionSummary }): JSX.Element {
  const place = useRef<HTMLSpanElement>(null);
  const newest = useRef(stream);
  newest.current = stream;
  const address = useSignal<string | null>(null);
  const isSeen = useOnScreen(place).value;
  const { session_id } = stream;
  useEffect(() => {
    if (!isSeen) return;
    return followThumbnail({
      frameIndex: () => newest.current.frame_index,
      load: () => fetchThumbnail(location.href, session_id),
      show: (image) => {
        if (address.value !== null) URL.revokeObjectURL(address.value);
        address.value = URL.createObjectURL(image);
      },
    });
  }, [isSeen, session_id]);
  useEffect(() => () => {
    if (address.value !== null) URL.revokeObjectURL(address.value);
  }, []);
  return (
    <span ref={place} class="stream-image">
      {address.value === null ? <Icon name="watch" /> : <img src={address.value} alt="" />}
    </span>
  );
}
