import type { Box } from './boxes.ts';
import { SIZE } from './sizes.ts';
import { Strip } from './tracks.ts';
import type { Side } from './ways.ts';

/** The room between two columns: tracks for lines, and the labels beside the states. */
export class Gutter extends Strip {
  readonly #labels: Record<Side, { y: number; width: number }[]> = { left: [], right: [] };
  /** Where the gutter begins. */
  x = 0;

  label(side: Side, y: number, width: number): void {
    this.#labels[side].push({ y, width });
  }

  get width(): number {
    const { left, right } = this.#labels;
    // Labels of both sides need room for two only where they are at one height.
    const clash = left.flatMap((one) =>
      right.filter(({ y }) => Math.abs(one.y - y) < 13).map(({ width }) => one.width + width + 8),
    );
    const labels = Math.max(this.#widest('left'), this.#widest('right'), ...clash);
    return this.size === 0 ? labels : labels + this.size * SIZE.track + 14;
  }

  at(key: string): number {
    const [left, right] = [this.#widest('left'), this.#widest('right')];
    const spare = this.width - this.size * SIZE.track;
    // Tracks run between the labels, and keep clear of the wider ones.
    const start = left >= right ? Math.max(left + 4, spare - 10) : Math.min(spare - right - 4, 10);
    return this.x + start + this.indexOf(key) * SIZE.track + SIZE.track / 2;
  }

  #widest(side: Side): number {
    return Math.max(0, ...this.#labels[side].map(({ width }) => width));
  }
}

/** The room beside the stack in a state. */
export class Lane extends Strip {
  readonly #box: Box;

  constructor(box: Box) {
    super();
    this.#box = box;
  }

  at(key: string): number {
    const { x, width } = this.#box;
    return x + width - (this.size - this.indexOf(key)) * SIZE.track + 2;
  }
}
