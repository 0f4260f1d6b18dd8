/** One vertical line that shares a strip with others, and the horizontal lines that end at it. */
interface Track {
  readonly key: string;
  readonly touches: { readonly y: number; readonly side: 'left' | 'right' }[];
  /** Heights above or below at which the vertical line leaves the strip. */
  readonly ends: number[];
}

/** The order of tracks, left to right, in which the lines of a strip cross least. */
function orderOf(tracks: readonly Track[]): Track[] {
  const order = [...tracks];
  let best = crossingsOf(order);
  // Neighbours change places as long as that saves crossings: a strip has few tracks.
  for (let isBetter = true; isBetter;) {
    isBetter = false;
    for (let i = 0; i + 1 < order.length; i++) {
      swap(order, i);
      const crossings = crossingsOf(order);
      if (crossings < best) {
        best = crossings;
        isBetter = true;
      } else swap(order, i);
    }
  }
  return order;
}

function swap(order: Track[], i: number): void {
  const [a, b] = [order[i], order[i + 1]];
  if (a === undefined || b === undefined) return;
  order[i] = b;
  order[i + 1] = a;
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

/** The tracks of one strip, by name. */
export class Strip {
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

  /** The place of a track in the strip, counted from the left. */
  indexOf(key: string): number {
    this.#order ??= orderOf([...this.#tracks.values()]);
    return this.#order.findIndex((track) => track.key === key);
  }
}
