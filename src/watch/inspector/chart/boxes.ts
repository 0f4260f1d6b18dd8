import { SIZE, widthOf } from './sizes.ts';
import type { State } from './statechart.ts';
import type { Ways } from './ways.ts';

/** A state with its place in the drawing. */
export interface Box {
  readonly state: State;
  readonly parent: Box | undefined;
  readonly children: Box[];
  x: number;
  y: number;
  width: number;
  height: number;
  /** Height where lines may begin and end: the upper part of a state that has children. */
  readonly head: number;
  /** Room at the right, for lines between this box's children. */
  readonly lane: number;
}

/** Makes the boxes of a state and all states below it, stacked, placed at the origin. */
export function boxOf(state: State, ways: Ways, parent?: Box): Box {
  const isLeaf = state.children.length === 0;
  const head = Math.max(isLeaf ? SIZE.row : 26, ways.ports(state.path) * SIZE.port + 6);
  const children: Box[] = [];
  const lane = isLeaf ? 0 : ways.lane(state.path);
  const width = Math.max(84, widthOf(state.name, SIZE.name) + 26);
  const box: Box = { state, parent, children, x: 0, y: 0, width, height: head, head, lane };
  if (isLeaf) return box;
  for (const child of state.children) children.push(boxOf(child, ways, box));
  const widest = Math.max(...children.map((child) => child.width));
  box.width = Math.max(width, Math.max(widest + lane, labelsIn(children, ways)) + 2 * SIZE.pad);
  box.height = stack(children, ways, SIZE.gap, SIZE.pad, head) + SIZE.gap;
  return box;
}

/** Puts boxes below each other, with room for the lines between them. @returns where they end */
export function stack(boxes: readonly Box[], ways: Ways, gap: number, x = 0, y = 0): number {
  let below = y;
  boxes.forEach((box, i) => {
    const above = boxes[i - 1];
    const lines = above === undefined ? 0 : ways.between(above.state.path, box.state.path).length;
    if (above !== undefined) below += lines === 0 ? gap : 12 + lines * 13;
    move(box, x, below);
    below += box.height;
  });
  return below;
}

/** Width of the widest labels between neighbours of a stack. */
export function labelsIn(boxes: readonly Box[], ways: Ways): number {
  const lower = boxes.slice(1);
  return Math.max(0, ...lower.map(({ state }, i) => ways.labels(boxes[i]!.state.path, state.path)));
}

/** Makes a box as wide as its column, and the boxes in it as wide as the box leaves room for. */
export function widen(box: Box, width: number): void {
  box.width = width;
  for (const child of box.children) widen(child, width - 2 * SIZE.pad - box.lane);
}

export function move(box: Box, dx: number, dy: number): void {
  box.x += dx;
  box.y += dy;
  for (const child of box.children) move(child, dx, dy);
}

export function flattenBoxes(box: Box): Box[] {
  return [box, ...box.children.flatMap(flattenBoxes)];
}
