import type { FaultKind } from './faults.ts';

/** A rule that is taken out: some texts of the sources, and what stands there instead. */
export interface Mutant {
  /** The rule. */
  readonly what: string;
  readonly changes: readonly {
    readonly file: string;
    readonly from: string;
    readonly to: string;
  }[];
  /** What a history that finds it says. */
  readonly finding: RegExp;
  /** What goes wrong in the histories that find it. @default everything */
  readonly faults?: readonly FaultKind[];
  /** The first seed that finds it, and how many are to be tried. */
  readonly seeds: readonly [first: number, most: number];
}
