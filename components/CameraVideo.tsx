import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { playVideo } from "../lib/client/cameras/play_video.ts";
import { BannerBox } from "./BannerBox.tsx";
import { Icon } from "./Icon.tsx";

/** Plays the video that the server makes of a camera, with the results drawn in. */
export function CameraVideo({ url, name }: {
  /** Of its playlist. */
  url: string;
  /** Of the camera. */
  name: string;
}): JSX.Element {
  const video = useRef<HTMLVideoElement>(null);
  const attempt = useSignal(0);
  const isFailed = useSignal(false);
  const isPlaying = useSignal(false);
  useEffect(() => {
    if (video.current === null) return;
    let isGone = false;
    let end = () => {};
    const fail = () => isFailed.value = !isGone;
    playVideo(video.current, url, fail).then((stop) => {
      if (isGone) stop();
      else end = stop;
    }).catch(fail);
    return () => {
      isGone = true;
      end();
    };
  }, [url, attempt.value]);
  const retry = () => {
    isFailed.value = false;
    isPlaying.value = false;
    attempt.value++;
  };
  return (
    <>
      <video
        ref={video}
        class="source"
        aria-label={`Video of ${name}`}
        autoplay
        controls={isPlaying.value}
        muted
        playsInline
        onPlaying={() => isPlaying.value = true}
      />
      {!isPlaying.value && !isFailed.value && (
        <div class="curtain" role="status">
          <span class="busy" aria-hidden="true" />
          <p>The server begins to make the video, which takes a few seconds.</p>
        </div>
      )}
      {isFailed.value && (
        <BannerBox
          why={{
            title: "The video does not play",
            remedy: "The server may not be making it any more. Live pictures may work.",
          }}
        >
          <button type="button" class="button" onClick={retry}>
            <Icon name="retry" />
            <span>Retry</span>
          </button>
        </BannerBox>
      )}
    </>
  );
}
