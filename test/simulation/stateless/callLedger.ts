import type { Ledger } from '../ledger.ts';
import type { StatelessCall } from './call.ts';

/** What handlers of calls do, held against what the clients of the calls have sent. */
export class CallLedger {
  readonly all = new Map<number, StatelessCall>();
  /** Calls whose handlers run in the process there is. */
  readonly running = new Set<number>();
  /** Since when nobody waits for those of which that was seen. */
  readonly alone = new Map<number, number>();
  /** Bytes of what each asks that waits. */
  readonly asked = new Map<number, number>();
  /** Bytes of the results that handlers have returned. */
  readonly sizes = new Map<number, number>();
  readonly #ledger: Ledger;
  /** A lost call may be run again, by each process once for each time its client comes back. */
  readonly #mayRunAgain: boolean;
  /** In which process each handler has run, and which of the user's answers it has had. */
  readonly #runs = new Map<number, number>();
  readonly #heard = new Map<number, number>();

  constructor(ledger: Ledger, mayRunAgain: boolean) {
    this.#ledger = ledger;
    this.#mayRunAgain = mayRunAgain;
  }

  /** Whose call has a number; `undefined` where it is none of the stateless revision. */
  userOf(nonce: number): string | undefined {
    return this.all.get(nonce)?.user;
  }

  /** A handler begins. @param who the principal of its session */
  began(nonce: number, who: string, process: number): void {
    const call = this.all.get(nonce);
    if (call === undefined) return;
    const { user, home, kind } = call;
    const isTheirs = who === (home === SHARED ? 'nobody' : user);
    this.#ledger.check(isTheirs, () => `${kind} of ${user} runs for ${who}`);
    const before = this.#runs.get(nonce);
    const isOnce = before === undefined || (this.#mayRunAgain && before !== process);
    this.#ledger.check(isOnce || this.#isRerun(call), () => `${kind} of ${user} runs twice`);
    this.#runs.set(nonce, process);
    this.running.add(nonce);
  }

  ended(nonce: number, bytes: number | undefined): void {
    this.running.delete(nonce);
    this.alone.delete(nonce);
    if (bytes !== undefined) this.sizes.set(nonce, bytes);
  }

  /** A handler goes on with an answer of its user. */
  heard(nonce: number, word: number, process: number): void {
    const call = this.all.get(nonce);
    if (call === undefined) return;
    const name = `${call.kind} of ${call.user}`;
    this.#ledger.check(call.words.has(word), () => `${name} goes on with a foreign ${word}`);
    const before = this.#heard.get(word);
    const isOnce = before === undefined || (this.#mayRunAgain && before !== process);
    this.#ledger.check(isOnce || this.#isRerun(call), () => `${name} goes on twice with ${word}`);
    this.#heard.set(word, process);
  }

  /** A call waits for its user. @param questions by their keys */
  asks(nonce: number, questions: object): void {
    const texts = Object.values(questions).map((each) => JSON.stringify(each));
    this.asked.set(nonce, texts.join('').length);
  }

  /** The process there is dies, and its handlers with it. */
  over(): void {
    this.running.clear();
    this.alone.clear();
  }

  /** A token of another process was brought back: that may run the handler, as often as it comes. */
  #isRerun({ tokens }: StatelessCall): boolean {
    if (!this.#mayRunAgain) return false;
    return tokens.some(({ process, rounds }) => rounds.some((each) => each.process !== process));
  }
}

/** What calls belong to that all share. */
export const SHARED = 'shared';
