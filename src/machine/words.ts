import type { AnyMachineSnapshot, StateValue } from 'xstate';

/** As much of a state as is put into words. */
interface State {
  readonly id: string;
  readonly description?: string | undefined;
  readonly type: string;
  /** The place in the machine's definition. */
  readonly order: number;
  readonly ownEvents: readonly string[];
}

/** A state in words: its description, or its name, of each state that is active at once. */
export function stateInWords(snapshot: AnyMachineSnapshot): string {
  const leaves = statesOf(snapshot).filter(({ type }) => type === 'atomic' || type === 'final');
  return leaves
    .map(({ id, description }) => sentence(description ?? `The state is ${id}`))
    .join(' ');
}

/** Whether the machine takes an event. A guard that throws is asked again by the event itself. */
export function takes(snapshot: AnyMachineSnapshot, event: { readonly type: string }): boolean {
  if (snapshot.status !== 'active') return false;
  try {
    return snapshot.can(event);
  } catch {
    return true;
  }
}

/** Whether a state that is active has a transition for events of a type, whatever its guard says. */
export function mayTake(snapshot: AnyMachineSnapshot, type: string): boolean {
  if (snapshot.status !== 'active') return false;
  return statesOf(snapshot).some(({ ownEvents }) => ownEvents.some((each) => covers(each, type)));
}

/** Paths of the innermost states in a state value: `{ a: { b: 'c', d: 'e' } }` is `a.b.c` and `a.d.e`. */
export function pathsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  const entries = Object.entries(value ?? {});
  return entries.flatMap(([key, inner]) => {
    const below = pathsOf(inner);
    return below.length === 0 ? [key] : below.map((each) => `${key}.${each}`);
  });
}

/** The state value of paths: `a.b` and `a.c.d` are `{ a: { b: {}, c: 'd' } }`. */
export function valueOf(paths: readonly string[]): StateValue {
  const [first = ''] = paths;
  if (paths.length === 1 && !first.includes('.')) return first;
  const inner = new Map<string, string[]>();
  for (const path of paths) {
    const [head = '', ...rest] = path.split('.');
    const below = inner.get(head) ?? [];
    inner.set(head, rest.length === 0 ? below : [...below, rest.join('.')]);
  }
  const entries = Array.from(inner, ([head, below]) => [
    head,
    below.length === 0 ? {} : valueOf(below),
  ]);
  return Object.fromEntries(entries) as StateValue;
}

/** The active states in the order of the definition: a snapshot's own order is another after sleep. */
function statesOf(snapshot: AnyMachineSnapshot): readonly State[] {
  return (snapshot._nodes as readonly State[]).toSorted((a, b) => a.order - b.order);
}

/** Whether a descriptor of events, as `order.*`, covers a type. */
function covers(descriptor: string, type: string): boolean {
  if (descriptor === '*' || descriptor === type) return true;
  return descriptor.endsWith('.*') && `${type}.`.startsWith(descriptor.slice(0, -1));
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
