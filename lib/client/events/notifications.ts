/** Notifications of the browser. */

/** What the person can do about notifications here. */
export type NotificationChoice =
  /** They can be had. */
  | "offered"
  /** The person has refused them, which only the browser's settings can change. */
  | "refused"
  /** This browser has none, or not for this page. */
  | "missing";

/** Whether the browser has notifications for this page. */
export function notificationChoice(): NotificationChoice {
  if (!("Notification" in globalThis) || !isSecureContext) return "missing";
  return Notification.permission === "denied" ? "refused" : "offered";
}

/** Asks the person, unless they were asked before. @returns Whether notifications may be shown. */
export async function askForNotifications(): Promise<boolean> {
  return notificationChoice() === "offered" &&
    await Notification.requestPermission() === "granted";
}

/**
 * Shows a notification.
 *
 * @param options.tag Shown once, however often it is told.
 * @param options.icon Address of a picture; `null` for none.
 */
export function notify(
  title: string,
  { body, tag, icon }: { body: string; tag: string; icon: string | null },
): void {
  try {
    const notification = new Notification(title, { body, tag, ...icon !== null && { icon } });
    notification.onclick = () => {
      globalThis.focus();
      notification.close();
    };
  } catch {
    // Browsers of phones show them only from a service worker, which this page has not.
  }
}
