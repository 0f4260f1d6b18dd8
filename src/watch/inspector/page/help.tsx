const KEYS: readonly (readonly [string, string])[] = [
  ['↑ ↓', 'the session before, or after; also j and k'],
  ['/', 'filter'],
  ['1 … 9', 'the tabs'],
  ['p', 'pause, resume'],
  ['e', 'export what is kept as JSON lines'],
  ['o', 'open a recording'],
  [', .', 'one line back, one on, in a recording'],
  ['l', 'back to live'],
  ['Esc', 'leave a field, close this'],
];

/** The list of keys and what each does. */
export function Help({ onClose }: { readonly onClose: () => void }) {
  return (
    <div class="curtain" onClick={onClose}>
      <div class="help" role="dialog" aria-modal="true" aria-label="Keys">
        <h2>Keys</h2>
        <dl>
          {KEYS.map(([key, what]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <button onClick={onClose} ref={focus}>
          Close
        </button>
      </div>
    </div>
  );
}

function focus(button: HTMLButtonElement | null): void {
  button?.focus();
}
