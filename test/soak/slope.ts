/** A straight line through the figures of a run. */
export interface Slope {
  /** How much the figure grew over the run, by the line. */
  readonly growth: number;
  /** Two standard errors of the growth: what is below is noise. */
  readonly noise: number;
  readonly mean: number;
}

/** Fits a line through figures taken at equal intervals, by least squares. */
export function slopeOf(figures: readonly number[]): Slope {
  const { length: n } = figures;
  if (n < 3) throw new RangeError('a slope needs three figures');
  const mean = sum(figures) / n;
  const middle = (n - 1) / 2;
  const spread = sum(figures.map((_, x) => (x - middle) ** 2));
  const slope = sum(figures.map((y, x) => (x - middle) * (y - mean))) / spread;
  const rest = sum(figures.map((y, x) => (y - mean - slope * (x - middle)) ** 2));
  const error = Math.sqrt(rest / (n - 2) / spread);
  return { growth: slope * (n - 1), noise: 2 * error * (n - 1), mean };
}

/** Whether figures grow beyond their noise, by more than is worth a word. */
export function grows(figures: readonly number[], tolerated: number): boolean {
  const { growth, noise } = slopeOf(figures);
  return growth - noise > tolerated;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
