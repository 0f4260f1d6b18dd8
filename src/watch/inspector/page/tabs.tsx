import { useRef } from 'preact/hooks';

interface TabsProps {
  readonly names: readonly string[];
  readonly chosen: string;
  /** Counts shown beside the names of tabs. */
  readonly counts: Readonly<Record<string, number>>;
  readonly onChoose: (name: string) => void;
}

/** The tabs: one of them takes the focus, and arrow keys lead to the others. */
export function Tabs({ names, chosen, counts, onChoose }: TabsProps) {
  const list = useRef<HTMLDivElement>(null);
  const at = names.indexOf(chosen);
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = {
      ArrowRight: (at + 1) % names.length,
      ArrowLeft: (at - 1 + names.length) % names.length,
      Home: 0,
      End: names.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onChoose(names[to]!);
    list.current!.querySelectorAll<HTMLElement>('[role=tab]')[to]!.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Views" ref={list} onKeyDown={onKeyDown}>
      {names.map((name, i) => (
        <button
          key={name}
          role="tab"
          id={`tab-${i}`}
          aria-controls="tabpanel"
          aria-selected={name === chosen}
          tabIndex={name === chosen ? 0 : -1}
          title={i < 9 ? String(i + 1) : undefined}
          onClick={() => onChoose(name)}
        >
          {name}
          {(counts[name] ?? 0) > 0 && <small>{counts[name]}</small>}
        </button>
      ))}
    </div>
  );
}
