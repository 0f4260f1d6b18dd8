import { SIZE } from './boxes.ts';
import { Strip } from './tracks.ts';

/** A label at one side of a gutter. */
interface Label {
  readonly y: number;
  readonly width: number;
}

/** The room between two columns: tracks for lines, and the labels beside the states. */
export class Gutter extends Strip {
  readonly #labels = { left: [] as Label[], right: [] as Label[] };
  #x = 0;

  label(side: 'left' | 'right', y: number, width: number): void {
    this.#labels[side].push({ y, width });
  }

  get width(): number {
    const { left, right } = this.#labels;
    // Labels of both sides need room for two only where they are at one height.
    const clash = left.flatMap((one) =>
      right.filter(({ y }) => Math.abs(one.y - y) < 12).map(({ width }) => one.width + width + 8),
    );
    const labels = Math.max(0, ...[...left, ...right].map(({ width }) => width), ...clash);
    if (this.size === 0) return this.#labels.left.length === 0 ? 0 : labels;
    return labels + this.size * SIZE.track + 14;
  }

  place(x: number): void {
    this.#x = x;
  }

  /** The x at which a track's vertical line runs. */
  at(key: string): number {
    const left = Math.max(0, ...this.#labels.left.map(({ width }) => width));
    const right = Math.max(0, ...this.#labels.right.map(({ width }) => width));
    const spare = this.width - this.size * SIZE.track;
    // Tracks run between the labels, and keep clear of the wider ones.
    const start = left >= right ? Math.max(left + 4, spare - 10) : Math.min(spare - right - 4, 10);
    return this.#x + start + this.indexOf(key) * SIZE.track + SIZE.track / 2;
  }
}
