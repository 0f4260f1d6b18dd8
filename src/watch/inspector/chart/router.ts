import { type Box, labelStart, SIZE, widthOf } from './boxes.ts';
import type { Edge } from './edges.ts';
import { Gutter } from './gutter.ts';
import type { Ports } from './ports.ts';
import { Strip } from './tracks.ts';
import type { Way, Ways } from './ways.ts';

export type Point = readonly [x: number, y: number];

/** One line of a chart: from a state to a state, with its label. */
export interface Line {
  readonly edge: Edge;
  readonly points: readonly Point[];
  /** `undefined` where another line into the same state carries the label for both. */
  readonly label:
    | { readonly x: number; readonly y: number; readonly anchor: 'start' | 'end' }
    | undefined;
}

/** Leads the lines of a chart round the boxes. */
export class Router {
  /** The gutter to the right of each column. */
  readonly gutters: readonly Gutter[];
  /** The strip beside the stack in each state, by the state's path. */
  readonly #inner = new Map<string, Strip>();
  /** Target states of the lines above and below all boxes: one lane for each. */
  readonly #above: string[] = [];
  readonly #below: string[] = [];
  readonly #ways: Ways;
  readonly #boxes: ReadonlyMap<string, Box>;
  readonly #ports: Ports;
  readonly #height: number;

  constructor(ways: Ways, boxes: ReadonlyMap<string, Box>, ports: Ports, height: number) {
    this.#ways = ways;
    this.#boxes = boxes;
    this.#ports = ports;
    this.#height = height;
    this.gutters = ways.columns.map(() => new Gutter());
    const skips = ways.all.filter(isSkipping).toSorted((a, b) => spanOf(a) - spanOf(b));
    for (const { kind, edge } of skips) {
      const lanes = kind === 'forward' ? this.#above : this.#below;
      if (!lanes.includes(edge.target)) lanes.push(edge.target);
    }
    for (const way of ways.all) this.#reserve(way);
  }

  get above(): number {
    return this.#above.length;
  }

  get below(): number {
    return this.#below.length;
  }

  /** @param top how far all boxes were moved down since the ports were placed */
  lines(top: number): Line[] {
    return this.#ways.all.map((way) => {
      if (way.kind === 'straight') return this.#straight(way);
      const [exit, entry] = [this.#ports.exit(way) + top, this.#ports.entry(way) + top];
      const source = this.#box(way.edge.source);
      const target = this.#box(way.edge.target);
      const isLeft = way.kind === 'back';
      const start: Point = [isLeft ? source.x : source.x + source.width, exit];
      const end: Point = [way.kind === 'forward' ? target.x : target.x + target.width, entry];
      const points = [start, ...this.#bends(way, exit, entry, top), end];
      return { edge: way.edge, points, label: this.#labelOf(way, start, end) };
    });
  }

  #bends(way: Way, exit: number, entry: number, top: number): Point[] {
    const [first, last] = this.#tracksOf(way);
    if (first === undefined || last === undefined) {
      const x = this.#innerX(way);
      return [
        [x, exit],
        [x, entry],
      ];
    }
    const a = this.gutters[first.gutter]!.at(first.key);
    const b = this.gutters[last.gutter]!.at(last.key);
    if (!isSkipping(way)) {
      return [
        [a, exit],
        [a, entry],
      ];
    }
    const lane = this.#laneOf(way) + top;
    return [
      [a, exit],
      [a, lane],
      [b, lane],
      [b, entry],
    ];
  }

  #laneOf({ kind, edge }: Way): number {
    return kind === 'forward'
      ? -(this.#above.indexOf(edge.target) + 1) * SIZE.track
      : this.#height + (this.#below.indexOf(edge.target) + 1) * SIZE.track;
  }

  #reserve(way: Way): void {
    if (way.kind === 'straight') return;
    const [exit, entry] = [this.#ports.exit(way), this.#ports.entry(way)];
    const [first, last] = this.#tracksOf(way);
    if (first === undefined || last === undefined) {
      const strip = this.#strip(way.within ?? '');
      const { touches } = strip.track(way.edge.target);
      touches.push({ y: exit, side: 'left' }, { y: entry, side: 'left' });
      return;
    }
    const out = way.kind === 'back' ? 'right' : 'left';
    const into = way.kind === 'forward' ? 'right' : 'left';
    const from = this.gutters[first.gutter]!;
    const to = this.gutters[last.gutter]!;
    const width = widthOf(way.edge.label, SIZE.label) + 6;
    if (!this.#sharesLabel(way)) from.label(out, exit, width);
    else if (this.#bundleOf(way)[0] === way) to.label(into, entry, width);
    from.track(first.key).touches.push({ y: exit, side: out });
    to.track(last.key).touches.push({ y: entry, side: into });
    if (!isSkipping(way)) return;
    const lane = this.#laneOf(way);
    from.track(first.key).ends.push(lane);
    to.track(last.key).ends.push(lane);
  }

  /** The tracks a way takes; none where the way stays beside the stack of a state. */
  #tracksOf(way: Way): { gutter: number; key: string }[] {
    const { kind, from, to, within, edge } = way;
    if (kind === 'round' && within !== undefined) return [];
    const last = kind === 'forward' ? to - 1 : to;
    const end = { gutter: last, key: `${kind} ${edge.target}` };
    if (!isSkipping(way)) return [end, end];
    const first = kind === 'forward' ? from : from - 1;
    return [{ gutter: first, key: `lane ${kind} ${edge.target}` }, end];
  }

  #innerX({ within, edge }: Way): number {
    const box = this.#box(within ?? '');
    const strip = this.#strip(within ?? '');
    const fromRight = strip.size - strip.indexOf(edge.target);
    return box.x + box.width - fromRight * SIZE.track + 2;
  }

  #straight({ edge }: Way): Line {
    const [source, target] = [this.#box(edge.source), this.#box(edge.target)];
    const isDown = source.y < target.y;
    const [upper, lower] = isDown ? [source, target] : [target, source];
    const all = this.#ways.between(upper.state.path, lower.state.path);
    const at = all.findIndex((way) => way.edge === edge);
    const x = upper.x + 20 + at * 12;
    const [top, bottom] = [upper.y + upper.height, lower.y];
    const points: Point[] = [
      [x, isDown ? top : bottom],
      [x, isDown ? bottom : top],
    ];
    const y = (top + bottom) / 2 + (at - (all.length - 1) / 2) * 12 + 3.5;
    return { edge, points, label: { x: upper.x + labelStart(all.length), y, anchor: 'start' } };
  }

  #labelOf(way: Way, start: Point, end: Point): Line['label'] {
    const { kind, within, edge } = way;
    if (within !== undefined) return { x: start[0] + 4, y: start[1] - 3, anchor: 'start' };
    if (!this.#sharesLabel(way)) return this.#beside(edge.source, start[1], kind !== 'back');
    if (this.#bundleOf(way)[0] !== way) return undefined;
    return this.#beside(edge.target, end[1], kind !== 'forward');
  }

  /** A place for a label beside the column of a state. */
  #beside(path: string, y: number, isRight: boolean): Line['label'] {
    let box = this.#box(path);
    while (box.parent !== undefined) box = box.parent;
    return isRight
      ? { x: box.x + box.width + 4, y: y - 3, anchor: 'start' }
      : { x: box.x - 4, y: y - 3, anchor: 'end' };
  }

  /** All ways that come into the same state by the same track as this way. */
  #bundleOf({ kind, edge, within }: Way): Way[] {
    return this.#ways.all.filter(
      (way) => way.kind === kind && way.edge.target === edge.target && way.within === within,
    );
  }

  /** Whether one label stands for the whole bundle, as where all its lines say the same. */
  #sharesLabel(way: Way): boolean {
    if (way.kind !== 'back' && way.kind !== 'forward') return false;
    const bundle = this.#bundleOf(way);
    return bundle.length > 1 && bundle.every(({ edge }) => edge.label === way.edge.label);
  }

  #strip(path: string): Strip {
    let strip = this.#inner.get(path);
    if (strip === undefined) this.#inner.set(path, (strip = new Strip()));
    return strip;
  }

  #box(path: string): Box {
    const box = this.#boxes.get(path);
    if (box === undefined) throw new Error(`no state "${path}"`);
    return box;
  }
}

function isSkipping({ from, to }: Way): boolean {
  return Math.abs(from - to) > 1;
}

function spanOf({ from, to }: Way): number {
  return Math.abs(from - to);
}
