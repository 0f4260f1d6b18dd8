import { useLayoutEffect, useRef } from 'preact/hooks';
import { type ChartEdge, edgesTaken, isWithin, type Taken } from './highlight.ts';

interface ChartProps {
  readonly svg: string;
  /** Paths of the active states. */
  readonly states: readonly string[];
  readonly taken: (Taken & { readonly at: number }) | undefined;
}

/** The chart of a machine, with its active states and its last step lit. */
export function Chart({ svg, states, taken }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    // The SVG is drawn by this package with names escaped, and the page runs no script but its own.
    if (place.current !== null) place.current.innerHTML = svg;
  }, [svg]);
  useLayoutEffect(() => {
    for (const state of place.current?.querySelectorAll<SVGElement>('.state') ?? []) {
      const path = state.dataset['state'] ?? '';
      const isAround = path !== '' && states.some((each) => each !== path && isWithin(each, path));
      state.classList.toggle('active', states.includes(path) && !isAround);
      state.classList.toggle('around', isAround);
    }
  }, [svg, states.join(' ')]);
  useLayoutEffect(() => {
    const found = [...(place.current?.querySelectorAll<SVGElement>('[data-events]') ?? [])];
    const edges = found.map((element) => ({ element, ...edgeOf(element) }));
    const lit = new Set(
      taken === undefined ? [] : edgesTaken(edges, taken).map(({ element }) => element),
    );
    for (const { element } of edges) element.classList.remove('taken');
    // Read, so that the light begins anew where the same step is taken again.
    void place.current?.getBoundingClientRect();
    for (const element of lit) element.classList.add('taken');
    for (const element of lit) {
      if (element.classList.contains('edge')) element.parentNode?.append(element);
    }
    for (const element of found) {
      if (element.classList.contains('label')) element.parentNode?.append(element);
    }
  }, [svg, taken?.at, taken?.event, taken?.from.join(' '), taken?.to.join(' ')]);
  return <div class="drawing" ref={place} />;
}

function edgeOf({ dataset }: SVGElement): ChartEdge {
  const { source = '', target = '', events = '[]' } = dataset;
  // The attribute is written by `drawMachine`.
  return { source, target, events: JSON.parse(events) as string[] };
}
