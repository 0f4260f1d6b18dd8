import type { Tally } from './tally.ts';

/** What one visitor knows of the notebook that its session has. */
export class NotebookCheck {
  readonly #owner: string;
  readonly #tally: Tally;
  /** Lines that the server has said are written. */
  readonly #written = new Set<string>();
  /** Lines of the session that were told of. */
  readonly #told = new Set<string>();

  constructor(owner: string, tally: Tally) {
    this.#owner = owner;
    this.#tally = tally;
  }

  get size(): number {
    return this.#written.size;
  }

  /** The server has answered a line with the whole notebook. */
  wrote(line: string, lines: readonly string[]): void {
    this.#written.add(line);
    const seen = new Set(lines);
    const foreign = lines.filter((each) => !this.isOwn(each));
    const lost = [...this.#written].filter((each) => !seen.has(each));
    this.#tally.foreign += foreign.length;
    this.#tally.lostUpdates += lost.length;
    this.#tally.doubled += lines.length - seen.size;
    if (foreign.length > 0) this.#remark(`another's lines: ${foreign.join()}`);
    if (lost.length > 0) this.#remark(`lost ${lost.join()} of ${lines.join()}`);
    if (lines.length > seen.size) this.#remark(`twice in ${lines.join()}`);
    // Counted once.
    for (const each of lost) this.#written.delete(each);
  }

  /** The server has told of a line, by no request. */
  told(line: string): void {
    this.#tally.told++;
    if (!this.isOwn(line)) this.#foreign(line);
    else if (this.#told.has(line)) {
      this.#tally.doubled++;
      this.#remark(`told twice of ${line}`);
    }
    this.#told.add(line);
  }

  /** The server has said something that is the visitor's own, or another's. */
  heard(line: string): void {
    if (!this.isOwn(line)) this.#foreign(line);
  }

  isOwn(line: string): boolean {
    return line.startsWith(`${this.#owner}/`);
  }

  #foreign(line: string): void {
    this.#tally.foreign++;
    this.#remark(`heard ${line}`);
  }

  #remark(text: string): void {
    this.#tally.remark(`${this.#owner}: ${text}`);
  }
}
