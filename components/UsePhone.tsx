import type { JSX } from "preact";
import { encode } from "uqr";

/**
 * A code that opens the page on a phone in the same network.
 *
 * @param props.address Of this server for other devices, with the token that this page was opened with
 */
export function UsePhone({ address }: { address: string }): JSX.Element {
  const { data, size } = encode(address, { border: 2 });
  const dark = data.flatMap((row, y) =>
    row.flatMap((isDark, x) => isDark ? [`M${x} ${y}h1v1h-1z`] : [])
  );
  return (
    <details class="panel phone">
      <summary class="disclosure">Use your phone</summary>
      <svg class="phone-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code">
        <rect width={size} height={size} fill="#fff" />
        <path d={dark.join("")} />
      </svg>
      <p>
        Scan this with a phone in the same network. Its browser will warn once, unless it trusts the
        server’s certificate.
      </p>
    </details>
  );
}
