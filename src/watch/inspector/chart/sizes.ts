/** Sizes in the drawing, in its own units: one unit is a pixel at full size. */
export const SIZE = {
  /** Widths of a character: of a state's name, of a line's label. */
  name: 7.1,
  label: 6.1,
  row: 30,
  port: 14,
  gap: 12,
  pad: 14,
  track: 9,
} as const;

/** Where labels between two neighbours begin, from their left border: beside all the lines. */
export function labelStart(lines: number): number {
  return 26 + (lines - 1) * 12;
}

export function widthOf(text: string, character: number): number {
  return Math.ceil(text.length * character);
}
