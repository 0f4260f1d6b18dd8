import { useEffect, useRef } from 'preact/hooks';

/**
 * Listens for keys, except while the focus is in a field that takes text.
 *
 * @param keys what each key does; `digit` is for the digits 1 to 9
 */
export function useKeys(keys: Readonly<Record<string, (digit: number) => void>>): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const { key, ctrlKey, metaKey, altKey, target } = event;
      if (ctrlKey || metaKey || altKey) return;
      // A dialog takes the keys: those of the page behind are not for it.
      if (document.querySelector('dialog[open]') !== null) return;
      if (target instanceof HTMLElement && target.matches('input:not([type=range]), select')) {
        if (key === 'Escape') target.blur();
        return;
      }
      const action = current.current[/^[1-9]$/.test(key) ? 'digit' : key];
      if (action === undefined) return;
      event.preventDefault();
      action(Number(key));
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}
