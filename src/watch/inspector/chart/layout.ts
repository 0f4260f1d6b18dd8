import { type Box, boxOf, flattenBoxes, labelsIn, move, stack, widen } from './boxes.ts';
import { columnsOf } from './columns.ts';
import { ANY, type Edge, edgesOf } from './edges.ts';
import { type Line, Router } from './router.ts';
import { SIZE } from './sizes.ts';
import type { State } from './statechart.ts';
import { Ways } from './ways.ts';

/** A machine laid out, ready to draw: boxes and lines with their places. */
export interface Chart {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
  /** Name of the state the machine begins in. */
  readonly initial: string | undefined;
}

const MARGIN = 12;

/**
 * Lays a machine out. Top-level states stand in columns, in the order a life goes through them;
 * children are stacked in their state, so that every state has a free way to the left and to the
 * right. Lines run in the gutters between columns, and above or below all columns where they skip
 * one.
 */
export function layoutOf(machine: State): Chart {
  const edges = edgesOf(machine);
  const any = anyState(machine, edges);
  const ways = new Ways(machine, edges, columnsOf(machine, edges), any);
  const columns = ways.columns.map((states) => states.map((state) => boxOf(state, ways)));
  const heights = columns.map((boxes) => stack(boxes, ways, SIZE.gap + 8));
  const height = Math.max(0, ...heights);
  columns.forEach((boxes, i) => {
    for (const box of boxes) move(box, 0, (height - heights[i]!) / 2);
  });
  const all = columns.flat().flatMap(flattenBoxes);
  const byPath = new Map(all.map((box) => [box.state.path, box]));
  for (const boxes of columns) if (boxes.length === 1) level(boxes[0]!, ways, byPath, height);
  const router = new Router(ways, byPath, height);
  let x = MARGIN + 14;
  columns.forEach((boxes, i) => {
    const width = Math.max(...boxes.map((box) => box.width), labelsIn(boxes, ways));
    for (const box of boxes) {
      widen(box, width);
      move(box, x, 0);
    }
    x += width;
    const gutter = router.gutters[i]!;
    gutter.x = x;
    x += gutter.width;
  });
  const above = router.above.length * SIZE.track + MARGIN;
  for (const box of columns.flat()) move(box, 0, above);
  return {
    name: machine.name,
    width: Math.ceil(x + MARGIN),
    height: Math.ceil(height + above + router.below.length * SIZE.track + MARGIN),
    boxes: all,
    lines: router.lines(above),
    initial: machine.initial,
  };
}

/** Moves a state that stands alone in its column to the height of the states it is tied to. */
function level(box: Box, ways: Ways, boxes: ReadonlyMap<string, Box>, height: number): void {
  const { path } = box.state;
  const others = ways.all
    .filter(({ span }) => span === 1)
    .flatMap(({ edge: { source, target } }) =>
      target === path ? [source] : source === path ? [target] : [],
    )
    .map((other) => boxes.get(other)!);
  if (others.length === 0) return;
  const sum = others.reduce((total, { y, head }) => total + y + head / 2, 0);
  const middle = sum / others.length;
  const y = Math.min(Math.max(middle - box.head / 2, 0), height - box.height);
  move(box, 0, y - box.y);
}

/** Stands for "any state" in the drawing, where the machine itself has transitions. */
function anyState(machine: State, edges: readonly Edge[]): State | undefined {
  if (!edges.some(({ source }) => source === ANY)) return undefined;
  const description = 'Where nothing else is said for the event.';
  return { ...machine, name: 'any state', isParallel: false, description, children: [] };
}
