import type { ComponentChildren, JSX, RefObject } from "preact";
import { useEffect } from "preact/hooks";

/** A dialog above the page, open for as long as it is there. */
export function Dialog(
  { dialog, class: name = "", headingId, closesBeside = false, onClose, children }: {
    /** Gets the element, to be closed by. */
    dialog: RefObject<HTMLDialogElement>;
    /**
     * Of this dialog, beside what all have.
     *
     * @default {""}
     */
    class?: string;
    /** Id of the heading that names it. */
    headingId: string;
    /**
     * Whether a click beside it closes it; not where something is filled in.
     *
     * @default {false}
     */
    closesBeside?: boolean;
    onClose: () => void;
    children: ComponentChildren;
  },
): JSX.Element {
  useEffect(() => dialog.current?.showModal(), []);
  // A click beside the content is one on the dialog itself.
  const onClick = ({ target, currentTarget }: JSX.TargetedMouseEvent<HTMLDialogElement>) => {
    if (target === currentTarget) currentTarget.close();
  };
  return (
    <dialog
      ref={dialog}
      class={`dialog ${name}`.trim()}
      aria-labelledby={headingId}
      onClose={onClose}
      onClick={closesBeside ? onClick : undefined}
    >
      {children}
    </dialog>
  );
}
