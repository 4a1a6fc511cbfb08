import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";

/** Asks for the token, and opens the same page with it. */
export function TokenForm(): JSX.Element {
  const others = useSignal<[string, string][]>([]);
  useEffect(() => {
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
