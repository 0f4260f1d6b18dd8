import type { Box } from './boxes.ts';
import { SIZE } from './sizes.ts';
import type { End, Way, Ways } from './ways.ts';

/** Height at which a line leaves or enters a state, from the top of all boxes. */
export type Ports = (end: End) => number;

/** Gives each line its place on the side of a state: in the order of the lines' other ends. */
export function placePorts(ways: Ways, boxes: ReadonlyMap<string, Box>): Ports {
  const middle = (path: string): number => {
    const { y, head } = boxes.get(path)!;
    return y + head / 2;
  };
  const heights = new Map<string, number>();
  for (const path of boxes.keys()) {
    for (const side of ['left', 'right'] as const) {
      const aims = Array.from(ways.portsAt(path, side), ([port, ends]) => {
        const ys = ends.map(({ way, other }) => headingOf(way, middle(other.path)));
        return { port, y: ys.reduce((sum, y) => sum + y, 0) / ys.length };
      });
      const order = aims.toSorted((a, b) => a.y - b.y);
      order.forEach(({ port }, i) => {
        const fromMiddle = i - (order.length - 1) / 2;
        heights.set(`${side} ${path} ${port}`, middle(path) + fromMiddle * SIZE.port);
      });
    }
  }
  return ({ side, path, port }) => heights.get(`${side} ${path} ${port}`)!;
}

/** The height a line heads for: above all boxes where it skips a column, or below on a way back. */
function headingOf({ kind, span }: Way, y: number): number {
  if (span < 2) return y;
  return kind === 'forward' ? -1e6 : 1e6;
}
