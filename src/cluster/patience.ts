/** Pauses before a request goes its way again, in milliseconds: five times within two seconds. */
const PAUSES = [0, 50, 150, 400, 900] as const;

/** How long and how often one request may look for the owner of its session. */
export class Patience {
  /** In milliseconds since the epoch. */
  readonly deadline: number;
  #moves = 0;

  constructor(deadline: number) {
    this.deadline = deadline;
  }

  /** Counts one more way. @returns the pause before it, in milliseconds; `undefined`: no more */
  move(): number | undefined {
    return PAUSES[this.#moves++];
  }
}
