import type { Era } from './setting.ts';

/** A mend that is taken out again: one text of one module, and what stands there instead. */
export interface Mutant {
  /** What was wrong without the mend. */
  readonly what: string;
  readonly changes: readonly {
    readonly file: string;
    readonly from: string;
    readonly to: string;
  }[];
  /** What a history that finds it says. */
  readonly finding: RegExp;
  /** What is served in the histories that find it. @default sessions */
  readonly era?: Era;
  /** The first seed that finds it, and how many are to be tried. */
  readonly seeds: readonly [first: number, most: number];
}
