import type { Side } from './ways.ts';

/** One vertical line that shares a strip with others, and the horizontal lines that end at it. */
interface Track {
  readonly key: string;
  readonly touches: { readonly y: number; readonly side: Side }[];
  /** Heights above or below at which the vertical line leaves the strip. */
  readonly ends: number[];
}

/** The tracks of one strip, by name. */
export abstract class Strip {
  readonly #tracks = new Map<string, Track>();
  #order: Track[] | undefined;

  track(key: string): Track {
    let track = this.#tracks.get(key);
    if (track === undefined) this.#tracks.set(key, (track = { key, touches: [], ends: [] }));
    return track;
  }

  get size(): number {
    return this.#tracks.size;
  }

  /** The x at which a track's vertical line runs. */
  abstract at(key: string): number;

  /** The place of a track in the strip, counted from the left. */
  protected indexOf(key: string): number {
    this.#order ??= orderOf([...this.#tracks.values()]);
    return this.#order.findIndex((track) => track.key === key);
  }
}

/** The order of tracks, left to right, in which the lines of a strip cross least. */
function orderOf(order: Track[]): Track[] {
  const swap = (i: number): void => {
    [order[i], order[i + 1]] = [order[i + 1]!, order[i]!];
  };
  let best = crossingsOf(order);
  // Neighbours change places as long as that saves crossings: a strip has few tracks.
  for (let isBetter = true; isBetter;) {
    isBetter = false;
    for (let i = 0; i + 1 < order.length; i++) {
      swap(i);
      const crossings = crossingsOf(order);
      if (crossings < best) {
        best = crossings;
        isBetter = true;
      } else swap(i);
    }
  }
  return order;
}

function crossingsOf(order: readonly Track[]): number {
  let crossings = 0;
  order.forEach((track, at) => {
    for (const { y, side } of track.touches) {
      const crossed = side === 'left' ? order.slice(0, at) : order.slice(at + 1);
      crossings += crossed.filter((other) => covers(other, y)).length;
    }
  });
  return crossings;
}

function covers({ touches, ends }: Track, y: number): boolean {
  const ys = [...touches.map((touch) => touch.y), ...ends];
  return Math.min(...ys) <= y && y <= Math.max(...ys);
}
