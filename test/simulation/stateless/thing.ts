/** What is live of a handle: opened, used, and released exactly once. */
export class Opening {
  readonly thing: Thing;
  readonly process: number;
  /** How often it was released. */
  released = 0;
  /** Uses that are within it now. */
  uses = 0;

  constructor(thing: Thing, process: number) {
    this.thing = thing;
    this.process = process;
  }
}

/** One handle, as its holder may expect it to be. */
export interface Thing {
  readonly id: string;
  readonly kind: string;
  /** Its name in events. */
  readonly key: string;
  readonly user: string;
  /** The process it was made in. */
  readonly process: number;
  /** The session that made it, by its key. */
  by: string;
  /** Its holder has heard its id. */
  isKnown: boolean;
  /** It ended, and whoever ended it was told so. */
  isOver: boolean;
  /** Its end was announced. */
  endedAt: number | undefined;
  /** Its store had trouble, or its process died: what it promised may be lost. */
  isLoose: boolean;
  /** Its last sign of use. */
  usedAt: number;
  /** What its state must have from here on. */
  readonly acked: Set<number>;
  readonly sent: Set<number>;
  readonly openings: Opening[];
}
