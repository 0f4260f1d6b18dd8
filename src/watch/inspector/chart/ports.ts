import { type Box, SIZE } from './boxes.ts';
import { entryOf, exitOf, inPort, outPort, type Way, type Ways } from './ways.ts';

/** Heights at which lines leave and enter the states, from the top of all boxes. */
export interface Ports {
  exit(way: Way): number;
  entry(way: Way): number;
}

/** Gives each line its place on the side of a state: in the order of the lines' other ends. */
export function placePorts(ways: Ways, boxes: ReadonlyMap<string, Box>): Ports {
  const heights = new Map<string, Map<string, number>>();
  const middle = (path: string): number => {
    const box = boxes.get(path);
    return box === undefined ? 0 : box.y + box.head / 2;
  };
  for (const [path, box] of boxes) {
    for (const side of ['left', 'right'] as const) {
      const aims = new Map<string, number[]>();
      const aim = (port: string, y: number): void => {
        aims.set(port, [...(aims.get(port) ?? []), y]);
      };
      for (const way of ways.all) {
        const { source, target } = way.edge;
        if (source === path && exitOf(way) === side)
          aim(outPort(way), headingOf(way, middle(target)));
        if (target === path && entryOf(way) === side)
          aim(inPort(way), headingOf(way, middle(source)));
      }
      const order = [...aims].toSorted(([, a], [, b]) => mean(a) - mean(b));
      const places = new Map<string, number>();
      order.forEach(([port], i) => {
        const fromMiddle = i - (order.length - 1) / 2;
        places.set(port, box.y + box.head / 2 + fromMiddle * SIZE.port);
      });
      heights.set(`${side} ${path}`, places);
    }
  }
  const at = (side: string | undefined, path: string, port: string): number =>
    heights.get(`${side ?? ''} ${path}`)?.get(port) ?? middle(path);
  return {
    exit: (way) => at(exitOf(way), way.edge.source, outPort(way)),
    entry: (way) => at(entryOf(way), way.edge.target, inPort(way)),
  };
}

/** The height a line heads for: above all boxes where it skips a column, or below on a way back. */
function headingOf({ kind, from, to }: Way, y: number): number {
  if (Math.abs(from - to) < 2) return y;
  return kind === 'forward' ? -1e6 : 1e6;
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
