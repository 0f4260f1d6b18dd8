import { useEffect, useRef } from 'preact/hooks';

const KEYS: readonly (readonly [string, string])[] = [
  ['↑ ↓', 'in the list, the session before, or after; also j and k'],
  ['s', 'hide the list of sessions, show it'],
  ['/', 'filter'],
  ['1 … 9', 'the tabs; among them ← →'],
  ['p', 'pause, resume'],
  ['e', 'export what is kept as JSON lines'],
  ['o', 'open a recording'],
  [', .', 'one line back, one on, in a recording'],
  ['l', 'back to live'],
  ['Esc', 'leave a field, close this'],
];

/** The list of keys and what each does. */
export function Help({ onClose }: { readonly onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Modal: the browser keeps the focus in it, closes it on Escape, and gives the focus back.
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog class="help" ref={dialog} aria-label="Keys" onClose={onClose}>
      <h2>Keys</h2>
      <dl>
        {KEYS.map(([key, what]) => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <button onClick={() => dialog.current!.close()}>Close</button>
    </dialog>
  );
}
