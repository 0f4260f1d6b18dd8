import { useLayoutEffect, useRef } from 'preact/hooks';
import { edgesTaken, isWithin, type Taken } from './highlight.ts';
import { Transitions } from './transitions.tsx';

/** How much larger than drawn a chart may be: a small one need not fill the page. */
const MAX_SCALE = 1.4;

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
    const drawing = place.current!.querySelector('svg')!;
    const { width, height } = drawing.viewBox.baseVal;
    // Never smaller than drawn: what is too small to read might as well not be there.
    const least = { minWidth: `${width}px`, minHeight: `${height}px` };
    Object.assign(drawing.style, least, { maxWidth: `${width * MAX_SCALE}px` });
  }, [svg]);
  useLayoutEffect(() => {
    for (const state of place.current!.querySelectorAll<SVGElement>('.state')) {
      const path = state.dataset['state'] ?? '';
      const isAround = path !== '' && states.some((each) => each !== path && isWithin(each, path));
      state.classList.toggle('active', states.includes(path) && !isAround);
      state.classList.toggle('around', isAround);
    }
    bringIntoSight(place.current!);
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
  return (
    <>
      <div
        class="drawing"
        ref={place}
        role="group"
        aria-label="Statechart"
        tabIndex={0}
        // The SVG is drawn by this package with names escaped, and the page runs no script but its own.
        dangerouslySetInnerHTML={{ __html: svg }}
      />
      <Transitions svg={svg} />
    </>
  );
}

/** Scrolls a chart that is wider than its place to the active state, where that is out of sight. */
function bringIntoSight(place: HTMLElement): void {
  const active = place.querySelector('.state.active');
  if (active === null) return;
  const [inner, outer] = [active.getBoundingClientRect(), place.getBoundingClientRect()];
  if (inner.left >= outer.left && inner.right <= outer.right) return;
  const middle = (inner.left + inner.right) / 2 - (outer.left + outer.right) / 2;
  place.scrollBy({ left: middle });
}
