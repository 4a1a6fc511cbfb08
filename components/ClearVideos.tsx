import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import {
  CLEAR_AGES,
  CLEAR_STATUSES,
  type ClearChoice,
  countMeant,
  countVideos,
  firstStatus,
} from "../lib/client/videos/clear_choices.ts";
import { videoLibrary } from "../lib/client/videos/video_library.ts";
import type { VideoSignals } from "../lib/client/videos/video_signals.ts";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";

/** Removes many finished videos at once, after asking which, and says how many are gone. */
export function ClearVideos({ videos }: { videos: VideoSignals }): JSX.Element {
  const isAsking = useSignal(false);
  const outcome = useRef<HTMLParagraphElement>(null);
  const jobs = videos.jobs.value ?? [];
  const canClear = jobs.some(({ finished_at }) => finished_at !== null);
  return (
    <>
      {canClear && (
        <button type="button" class="button clear" onClick={() => isAsking.value = true}>
          <Icon name="delete" />
          <span>Clear up</span>
        </button>
      )}
      <p ref={outcome} class="outcome" role="status" tabIndex={-1}>{videos.outcome.value}</p>
      {isAsking.value && (
        <ClearDialog
          videos={videos}
          // The button to come back to may be gone.
          onCleared={() => outcome.current?.focus()}
          onClose={() => isAsking.value = false}
        />
      )}
    </>
  );
}

function ClearDialog({ videos, onCleared, onClose }: {
  videos: VideoSignals;
  onCleared: () => void;
  onClose: () => void;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const jobs = videos.jobs.value ?? [];
  const status = useSignal(firstStatus(jobs));
  const olderThanHours = useSignal(0);
  const isClearing = useSignal(false);
  const choice = { status: status.value, olderThanHours: olderThanHours.value };
  const count = (choice: ClearChoice) => countMeant(jobs, choice, Date.now());
  const meant = count(choice);
  const clear = async () => {
    isClearing.value = true;
    await videoLibrary(videos).clear(choice);
    // Somebody may have closed it meanwhile, and be elsewhere.
    if (dialog.current === null) return;
    dialog.current.close();
    onCleared();
  };
  return (
    <Dialog
      dialog={dialog}
      class="clear-up"
      headingId="clear-heading"
      closesBeside
      onClose={onClose}
    >
      <div class="dialog-body">
        <h2 id="clear-heading">Clear up videos</h2>
        <ClearChoices status={status} olderThanHours={olderThanHours} count={count} />
        <p class="empty">
          They are deleted for good, with their results. Videos in progress stay.
        </p>
        <ClearActions
          count={meant}
          isClearing={isClearing.value}
          onClear={clear}
          onCancel={() => dialog.current?.close()}
        />
      </div>
    </Dialog>
  );
}

/** Which videos are meant, and of which age. */
function ClearChoices({ status, olderThanHours, count }: {
  status: Signal<ClearChoice["status"]>;
  olderThanHours: Signal<number>;
  /** How many videos a choice means. */
  count: (choice: ClearChoice) => number;
}): JSX.Element {
  return (
    <>
      <div class="clear-choices" role="radiogroup" aria-label="Which">
        {CLEAR_STATUSES.map((each) => (
          <label key={each.status}>
            <input
              type="radio"
              name="clear-status"
              checked={status.value === each.status}
              onChange={() => status.value = each.status}
            />
            <span>{each.name}</span>
            <span class="tally">
              {count({ olderThanHours: olderThanHours.value, status: each.status })}
            </span>
          </label>
        ))}
      </div>
      <label class="select">
        <span class="hidden">Age</span>
        <select
          value={olderThanHours.value}
          onChange={(event) => olderThanHours.value = Number(event.currentTarget.value)}
        >
          {CLEAR_AGES.map(({ hours, name }) => <option key={hours} value={hours}>{name}</option>)}
        </select>
      </label>
    </>
  );
}

function ClearActions({ count, isClearing, onClear, onCancel }: {
  /** How many videos would go. */
  count: number;
  isClearing: boolean;
  onClear: () => void;
  onCancel: () => void;
}): JSX.Element {
  return (
    <div class="dialog-actions">
      <button
        type="button"
        class="button danger"
        disabled={count === 0 || isClearing}
        onClick={onClear}
      >
        <Icon name="delete" />
        <span>{count === 0 ? "Nothing to delete" : `Delete ${countVideos(count)}`}</span>
      </button>
      <button type="button" class="button" onClick={onCancel}>
        <span>Cancel</span>
      </button>
    </div>
  );
}
