import { useLayoutEffect, useRef } from 'preact/hooks';
import { edgesTaken, isWithin, type Taken } from './highlight.ts';

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
    for (const state of place.current!.querySelectorAll<SVGElement>('.state')) {
      const path = state.dataset['state'] ?? '';
      const isAround = path !== '' && states.some((each) => each !== path && isWithin(each, path));
      state.classList.toggle('active', states.includes(path) && !isAround);
      state.classList.toggle('around', isAround);
    }
  }, [svg, states.join(' ')]);
  useLayoutEffect(() => {
    const found = [...place.current!.querySelectorAll<SVGElement>('[data-events]')];
    const edges = found.map((element) => {
      const { source = '', target = '', events = '[]' } = element.dataset;
      // The attribute is written by `drawMachine`.
      return { element, source, target, events: JSON.parse(events) as string[] };
    });
    const lit = taken === undefined ? [] : edgesTaken(edges, taken).map(({ element }) => element);
    for (const element of found) element.classList.remove('taken');
    // Read, so that the light begins anew where the same step is taken again.
    place.current!.getBoundingClientRect();
    for (const element of lit) element.classList.add('taken');
    const lines = lit.filter(({ classList }) => classList.contains('edge'));
    const labels = found.filter(({ classList }) => classList.contains('label'));
    // The last is drawn on top: lit lines above the other lines, and labels above all lines.
    for (const element of [...lines, ...labels]) element.parentNode!.append(element);
  }, [svg, taken?.at, taken?.event, taken?.from.join(' '), taken?.to.join(' ')]);
  // The SVG is drawn by this package with names escaped, and the page runs no script but its own.
  return <div class="drawing" ref={place} dangerouslySetInnerHTML={{ __html: svg }} />;
}
