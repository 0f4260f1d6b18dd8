import { ANY, type Edge } from './edges.ts';
import type { State } from './statechart.ts';

/** Sizes in the drawing, in its own units: one unit is a pixel at full size. */
export const SIZE = {
  /** Widths of a character: of a state's name, of a line's label. */
  name: 7.1,
  label: 5.5,
  row: 30,
  port: 14,
  gap: 12,
  pad: 14,
  track: 9,
} as const;

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

/** Room that the lines of a chart need in and between the boxes. */
export interface Needs {
  /** Places for lines on the fuller side of a state. */
  ports(path: string): number;
  /** Lines straight down or up between a child and the child below. */
  between(upper: string, lower: string): number;
  /** Width of the labels between two children, from the left border of both. */
  labels(upper: string, lower: string): number;
  /** Width for lines that go round the children of a state. */
  lane(path: string): number;
}

/** Where labels between two neighbours begin, from their left border: beside all the lines. */
export function labelStart(lines: number): number {
  return 26 + (lines - 1) * 12;
}

export function widthOf(text: string, character: number): number {
  return Math.ceil(text.length * character);
}

/** Makes the boxes of a state and all states below it, stacked, placed at the origin. */
export function boxOf(state: State, needs: Needs, parent?: Box): Box {
  const isLeaf = state.children.length === 0;
  const head = Math.max(isLeaf ? SIZE.row : 26, needs.ports(state.path) * SIZE.port + 6);
  const children: Box[] = [];
  const lane = isLeaf ? 0 : needs.lane(state.path);
  const name = widthOf(state.name, SIZE.name);
  const box: Box = { state, parent, children, x: 0, y: 0, width: 0, height: head, head, lane };
  box.width = Math.max(84, name + 26);
  for (const child of state.children) children.push(boxOf(child, needs, box));
  if (children.length === 0) return box;
  const widest = Math.max(...children.map(({ width }) => width));
  const labels = labelsIn(children, needs);
  box.width = Math.max(box.width, Math.max(widest + lane, labels) + 2 * SIZE.pad);
  let below = head;
  children.forEach((child, i) => {
    const next = children[i + 1];
    const lines = next === undefined ? 0 : needs.between(child.state.path, next.state.path);
    move(child, SIZE.pad, below);
    below += child.height + (lines === 0 ? SIZE.gap : 12 + lines * 13);
  });
  box.height = below;
  return box;
}

/** Width of the widest labels between neighbours of a stack. */
export function labelsIn(stack: readonly Box[], needs: Needs): number {
  const widths = stack
    .slice(1)
    .map(({ state }, i) => needs.labels(stack[i]!.state.path, state.path));
  return Math.max(0, ...widths);
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

/** Stands for "any state" in the drawing, where the machine itself has transitions. */
export function anyState(edges: readonly Edge[]): State | undefined {
  if (!edges.some(({ source }) => source === ANY)) return undefined;
  return {
    name: 'any state',
    path: ANY,
    isFinal: false,
    isParallel: false,
    description: 'Where nothing else is said for the event.',
    tags: [],
    entry: [],
    exit: [],
    initial: undefined,
    children: [],
    transitions: [],
  };
}
