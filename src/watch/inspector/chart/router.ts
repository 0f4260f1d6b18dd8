import type { Box } from './boxes.ts';
import type { Edge } from './edges.ts';
import { Gutter, Lane } from './gutter.ts';
import { placePorts, type Ports } from './ports.ts';
import { labelStart, SIZE, widthOf } from './sizes.ts';
import type { Strip } from './tracks.ts';
import type { End, Way, Ways } from './ways.ts';

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
  /** Target states of the lines above and below all boxes: one lane for each. */
  readonly above: readonly string[];
  readonly below: readonly string[];
  /** The strip beside the stack in each state, by the state's path. */
  readonly #lanes = new Map<string, Lane>();
  readonly #ways: Ways;
  readonly #boxes: ReadonlyMap<string, Box>;
  readonly #ports: Ports;
  readonly #height: number;

  constructor(ways: Ways, boxes: ReadonlyMap<string, Box>, height: number) {
    this.#ways = ways;
    this.#boxes = boxes;
    this.#ports = placePorts(ways, boxes);
    this.#height = height;
    this.gutters = ways.columns.map(() => new Gutter());
    const skips = ways.all.filter(({ span }) => span > 1).toSorted((a, b) => a.span - b.span);
    const targets = (isForward: boolean): string[] => {
      const lines = skips.filter(({ kind }) => (kind === 'forward') === isForward);
      return [...new Set(lines.map(({ edge }) => edge.target))];
    };
    this.above = targets(true);
    this.below = targets(false);
    for (const way of ways.all) if (way.kind !== 'straight') this.#reserve(way);
  }

  /** @param top how far all boxes were moved down since the ports were placed */
  lines(top: number): Line[] {
    return this.#ways.all.map((way) => {
      if (way.kind === 'straight') return this.#straight(way.edge);
      const { edge, exit, entry } = way;
      const [start, end] = [this.#endAt(exit, top), this.#endAt(entry, top)];
      const a = this.#strip(way, exit).at(exit.track);
      const b = this.#strip(way, entry).at(entry.track);
      const lane = this.#laneOf(way) + top;
      const over: Point[] = [
        [a, lane],
        [b, lane],
      ];
      const bends: Point[] = [[a, start[1]], ...(way.span > 1 ? over : []), [b, end[1]]];
      return { edge, points: [start, ...bends, end], label: this.#labelOf(way, top) };
    });
  }

  /** Takes room for a way, and for its label, in the strips the way runs in. */
  #reserve(way: Way): void {
    const labelled = this.#labelled(way);
    for (const end of [way.exit, way.entry]) {
      const y = this.#ports(end);
      const side = end.side === 'left' ? 'right' : 'left';
      const strip = this.#strip(way, end);
      if (end === labelled && strip instanceof Gutter) {
        strip.label(side, y, widthOf(way.edge.label, SIZE.label) + 6);
      }
      const track = strip.track(end.track);
      track.touches.push({ y, side });
      if (way.span > 1) track.ends.push(this.#laneOf(way));
    }
  }

  #endAt(end: End, top: number): Point {
    const { x, width } = this.#box(end.path);
    return [end.side === 'left' ? x : x + width, this.#ports(end) + top];
  }

  /** The height at which a way that skips a column runs, above or below all boxes. */
  #laneOf({ kind, edge }: Way): number {
    return kind === 'forward'
      ? -(this.above.indexOf(edge.target) + 1) * SIZE.track
      : this.#height + (this.below.indexOf(edge.target) + 1) * SIZE.track;
  }

  #strip({ within }: Way, { gutter }: End): Strip {
    if (within === undefined) return this.gutters[gutter]!;
    let lane = this.#lanes.get(within);
    if (lane === undefined) this.#lanes.set(within, (lane = new Lane(this.#box(within))));
    return lane;
  }

  #straight(edge: Edge): Line {
    const [source, target] = [this.#box(edge.source), this.#box(edge.target)];
    const isDown = source.y < target.y;
    const [upper, lower] = isDown ? [source, target] : [target, source];
    const all = this.#ways.between(upper.state.path, lower.state.path);
    const at = all.indexOf(edge);
    const x = upper.x + 20 + at * 12;
    const [top, bottom] = [upper.y + upper.height, lower.y];
    const points: Point[] = [
      [x, isDown ? top : bottom],
      [x, isDown ? bottom : top],
    ];
    const y = (top + bottom) / 2 + (at - (all.length - 1) / 2) * 12 + 3.5;
    return { edge, points, label: { x: upper.x + labelStart(all.length), y, anchor: 'start' } };
  }

  /**
   * The end of a way that carries its label. All ways into a state by one track have one label at
   * that state, where all say the same.
   */
  #labelled(way: Way): End | undefined {
    if (way.kind === 'round') return way.exit;
    const { kind, edge } = way;
    const bundle = this.#ways.all.filter(
      (each) => each.kind === kind && each.edge.target === edge.target,
    );
    const isShared = bundle.length > 1 && bundle.every((each) => each.edge.label === edge.label);
    if (!isShared) return way.exit;
    return bundle[0] === way ? way.entry : undefined;
  }

  #labelOf(way: Way, top: number): Line['label'] {
    const end = this.#labelled(way);
    if (end === undefined) return undefined;
    let box = this.#box(end.path);
    // A label in a gutter stands beside the whole column.
    while (way.within === undefined && box.parent !== undefined) box = box.parent;
    const y = this.#ports(end) + top - 3;
    return end.side === 'right'
      ? { x: box.x + box.width + 4, y, anchor: 'start' }
      : { x: box.x - 4, y, anchor: 'end' };
  }

  #box(path: string): Box {
    return this.#boxes.get(path)!;
  }
}
