import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { liveSession } from "../lib/client/live/live_session.ts";
import type { LiveSignals } from "../lib/client/live/live_signals.ts";
import { type ShareLink, shareLink } from "../lib/client/live/share_link.ts";
import { currentName, defaultName, LONGEST_NAME } from "../lib/client/live/stream_name.ts";
import type { QrCode } from "../lib/client/qr_code.ts";
import { CopyButton } from "./CopyButton.tsx";
import { Dialog } from "./Dialog.tsx";
import { Icon } from "./Icon.tsx";
import { QrImage } from "./QrImage.tsx";

/** A link and a QR code by which others watch this stream, and what it is called. */
export function ShareDialog({ live, sessionId, lanOrigin, onClose }: {
  live: LiveSignals;
  sessionId: string;
  /** Where other devices of the network find the server; `undefined` where they do not. */
  lanOrigin: string | undefined;
  onClose: () => void;
}): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const address = useRef<HTMLInputElement>(null);
  const link = shareLink(location.href, sessionId, lanOrigin);
  const code = useQrCode(link.href);
  const copyByHand = () => {
    address.current?.select();
    return document.execCommand("copy");
  };
  return (
    <Dialog
      dialog={dialog}
      class="share"
      headingId="share-heading"
      closesBeside
      onClose={onClose}
    >
      <form class="dialog-body" onSubmit={(event) => event.preventDefault()}>
        <h2 id="share-heading">Share this stream</h2>
        <div class="share-code">{code !== null && <QrImage code={code} />}</div>
        {/* First, for phones to show no keyboard over it. */}
        <label class="share-field">
          Link
          <input
            ref={address}
            type="text"
            readOnly
            dir="ltr"
            value={link.href}
            onFocus={(event) => event.currentTarget.select()}
          />
        </label>
        <p class="share-note">{describeLink(link)}</p>
        <NameField live={live} />
        <div class="dialog-actions">
          <CopyButton label="Copy link" text={() => link.href} fallback={copyByHand} />
          {"share" in navigator && (
            <button
              type="button"
              class="button"
              onClick={() => send(`${currentName(live)} · livesyte`, link.href)}
            >
              <Icon name="share" />
              <span>Send</span>
            </button>
          )}
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            <span>Close</span>
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function NameField({ live }: { live: LiveSignals }): JSX.Element {
  const rename = (event: JSX.TargetedEvent<HTMLInputElement>) => {
    liveSession(live).rename(event.currentTarget.value);
    event.currentTarget.value = currentName(live);
  };
  return (
    <label class="share-field">
      Name, as others see it
      <input
        type="text"
        autocomplete="off"
        maxLength={LONGEST_NAME}
        value={live.streamName.value || defaultName(live.stage.value)}
        onChange={rename}
      />
    </label>
  );
}

/** Not a part of the page's first load, as few people share. */
function useQrCode(text: string): QrCode | null {
  const code = useSignal<QrCode | null>(null);
  useEffect(() => {
    import("../lib/client/qr_code.ts").then(({ qrCode }) => code.value = qrCode(text)).catch(() => {
      // Without the server there is no code to load; the link is there all the same.
    });
  }, [text]);
  return code.value;
}

function describeLink({ isForThisDevice, hasToken }: ShareLink): string {
  const scope = isForThisDevice
    ? "This link opens on this device only. To reach others, start the server with --lan."
    : "Whoever opens it sees this stream while it runs.";
  return hasToken
    ? `${scope} It holds the server’s token, with which they can also see and change everything else ` +
      "here: streams, cameras, events and videos. Send it only to people whom you trust with that."
    : scope;
}

/** Hands the link to another program of the device; the person may think better of it. */
async function send(title: string, url: string): Promise<void> {
  try {
    await navigator.share({ title, url });
  } catch {
    // The link is still there to be copied.
  }
}
