import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { EventSignals } from "../lib/client/events/event_signals.ts";
import { askForNotifications, notificationChoice } from "../lib/client/events/notifications.ts";
import { useAfterMount } from "./use_after_mount.ts";

/** Whether the browser tells of events while the page is not seen. */
export function NotifySwitch({ signals: { notifies } }: {
  signals: EventSignals;
}): JSX.Element | null {
  const isRefused = useSignal(false);
  const isThere = useAfterMount(() => notificationChoice() !== "missing");
  if (!isThere) return null;
  const isBlocked = isRefused.value || notificationChoice() === "refused";
  const turn = async (isOn: boolean) => {
    notifies.value = isOn && await askForNotifications();
    isRefused.value = isOn && !notifies.value;
  };
  return (
    <label class="switch" title="While this page is in the background">
      {isBlocked ? "Notifications are blocked" : "Notify me"}
      <input
        type="checkbox"
        role="switch"
        checked={notifies.value}
        disabled={isBlocked}
        onInput={(event) => turn(event.currentTarget.checked)}
      />
    </label>
  );
}
