import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";

/** The answer to a question about this browser; `false` on the server and until the page has started. */
export function useAfterMount(question: () => boolean): boolean {
  const answer = useSignal(false);
  useEffect(() => {
    answer.value = question();
  }, []);
  return answer.value;
}
