import type { JSX } from "preact";
import { qrCode } from "../lib/client/qr_code.ts";
import { QrImage } from "./QrImage.tsx";

/**
 * A code that opens the page on a phone in the same network.
 *
 * @param props.address Of this server for other devices, with the token that this page was opened with
 */
export function UsePhone({ address }: { address: string }): JSX.Element {
  return (
    <details class="panel phone">
      <summary class="disclosure">Use your phone</summary>
      <QrImage code={qrCode(address)} />
      <p>
        Scan this with a phone in the same network. Its browser will warn once, unless it trusts the
        server’s certificate.
      </p>
    </details>
  );
}
