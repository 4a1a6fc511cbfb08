import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { addressWithKeptToken } from "../lib/client/token.ts";

/** Asks for the token, unless it was kept from another visit, and opens the same page with it. */
export function TokenForm(): JSX.Element {
  const others = useSignal<[string, string][]>([]);
  useEffect(() => {
    const address = addressWithKeptToken(location.href);
    if (address !== null) location.replace(address);
    others.value = [...new URLSearchParams(location.search)].filter(([name]) => name !== "token");
  }, []);
  return (
    <form class="token" method="get">
      {others.value.map(([name, value]) => (
        <input key={name} type="hidden" name={name} value={value} />
      ))}
      <label>
        <span class="hidden">Token</span>
        <input name="token" type="password" placeholder="Token" autocomplete="off" required />
      </label>
      <button type="submit" class="button">Open</button>
    </form>
  );
}
