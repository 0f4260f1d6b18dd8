import { BY } from './balancer.ts';
import { type Caller, callerV1, callerV2, type Fetch } from './caller.ts';
import { NotebookCheck } from './notebook.ts';
import { describe, type Trouble, troubleOf } from './outcome.ts';
import type { Tally } from './tally.ts';

export interface VisitorOptions {
  readonly url: string;
  readonly tally: Tally;
  readonly random: () => number;
  /** Told of each call that was not answered as it should be. */
  readonly note: (text: string) => void;
  /** How long an answer is waited for: longer than any wait that has an end. */
  readonly patienceMs: number;
  /** From one call to the next, at most. */
  readonly pauseMs: number;
  /** A rest now and then: the session falls asleep meanwhile. */
  readonly restMs: number;
}

/** Right calls that took longer are noted. */
const SLOW_MS = 2000;
/** How often a visitor rests. */
const RESTS = 0.03;
/** How many lines a notebook has before its visitor begins another one. */
const LINES = 60;

/** One client and its sessions, one after the other: calls, checks what it hears, and goes on. */
export class Visitor {
  readonly name: string;
  readonly #options: VisitorOptions;
  readonly #open: typeof callerV1;
  #caller: Caller | null = null;
  #notebook: NotebookCheck;
  #sessions = 0;
  #lines = 0;
  /** By which node the last answer came. */
  #cameBy: string | null = null;
  #isOver = false;
  readonly #stopped = once();
  /** What became of the last call that was not answered as it should be. */
  trouble: Trouble | undefined;
  /** What it waits for, and since when; for a reader who looks for what hangs. */
  doing = 'nothing';

  constructor(n: number, options: VisitorOptions) {
    this.name = `v${n}`;
    this.#options = options;
    this.#open = n % 2 === 0 ? callerV1 : callerV2;
    this.#notebook = new NotebookCheck(this.name, options.tally);
  }

  /** Visits until it is told to stop. */
  async visit(): Promise<void> {
    while (!this.#isOver) {
      await this.step();
      const { pauseMs, random, restMs } = this.#options;
      if (random() < RESTS) await Promise.race([this.#pause(restMs), this.#stopped.promise]);
      else await this.#pause(random() * pauseMs);
    }
  }

  stop(): void {
    this.#isOver = true;
    this.#stopped.resolve();
  }

  /** Ends the last session. */
  async leave(): Promise<void> {
    await this.#tried('leave', async (caller) => {
      this.#caller = null;
      await caller.end();
    });
  }

  /** Does one thing. @returns whether it went as it should */
  async step(): Promise<boolean> {
    if (this.#caller === null && !(await this.#begin())) {
      await this.#pause(100);
      return false;
    }
    const dice = this.#options.random() * 100;
    if (this.#notebook.size >= LINES || dice < 2) return this.#end();
    if (dice < 70) return this.write();
    if (dice < 82) return this.#ask();
    if (dice < 95) return this.#work();
    return this.#cancel();
  }

  /** Writes a line, and checks all lines that are there. */
  async write(): Promise<boolean> {
    const { local, forwarded } = this.#options.tally;
    const line = this.#line();
    return this.#tried('write', async (caller) => {
      const began = performance.now();
      const text = await caller.call('write', line, { timeout: this.#options.patienceMs });
      const { by, lines } = JSON.parse(text) as { by: string; lines: string[] };
      this.#notebook.wrote(line, lines);
      const figures = by === this.#cameBy ? local : forwarded;
      figures.push(performance.now() - began);
    });
  }

  async #ask(): Promise<boolean> {
    const line = this.#line();
    return this.#tried('ask', async (caller) => {
      const answer = await caller.call('ask', line, { timeout: this.#options.patienceMs });
      if (answer === answerTo(line)) return;
      // A question that could not be asked, because its session moved, is an answer in words.
      if (this.#notebook.isOwn(answer)) throw new Error(`wrong answer: ${answer}`);
      throw new Error(answer);
    });
  }

  async #work(): Promise<boolean> {
    const { patienceMs, tally } = this.#options;
    const line = this.#line();
    const progress = (message = ''): void => {
      tally.progress++;
      this.#notebook.heard(message);
    };
    return this.#tried('work', async (caller) => {
      const answer = await caller.call('work', line, { timeout: patienceMs, progress });
      this.#notebook.heard(answer);
      if (answer !== `${line}, done`) throw new Error(`wrong answer: ${answer}`);
    });
  }

  /** Begins something and thinks better of it. */
  async #cancel(): Promise<boolean> {
    const { patienceMs, random } = this.#options;
    const line = this.#line();
    const abort = new AbortController();
    return this.#tried('cancel', async (caller) => {
      const options = { timeout: patienceMs, signal: abort.signal };
      const call = caller.call('work', line, options).catch((error: unknown) => {
        if (!abort.signal.aborted) throw error;
      });
      await Promise.race([call, this.#pause(random() * 200)]);
      abort.abort('enough');
      await call;
    });
  }

  async #end(): Promise<boolean> {
    const isEnded = await this.#tried('end', async (caller) => {
      this.#caller = null;
      await caller.end();
    });
    this.#options.tally.ended++;
    return isEnded;
  }

  async #begin(): Promise<boolean> {
    const { url, tally } = this.#options;
    this.#notebook = new NotebookCheck(`${this.name}.${++this.#sessions}`, tally);
    const notebook = this.#notebook;
    const asked = async (message: string): Promise<string> => {
      tally.questions++;
      notebook.heard(message);
      await this.#pause(this.#options.random() * 200);
      return answerTo(message);
    };
    const told = (data: unknown): void => notebook.told(String(data));
    return this.#counted('begin', async () => {
      this.#caller = await this.#open(url, this.#fetch, { asked, told });
      tally.opened++;
    });
  }

  async #tried(what: string, how: (caller: Caller) => Promise<void>): Promise<boolean> {
    const caller = this.#caller;
    return caller === null ? false : this.#counted(what, () => how(caller));
  }

  async #counted(what: string, how: () => Promise<void>): Promise<boolean> {
    const { tally } = this.#options;
    const began = performance.now();
    this.doing = what;
    tally.calls++;
    try {
      await how();
      tally.right++;
      const took = Math.round(performance.now() - began);
      if (took > SLOW_MS)
        this.#options.note(`${this.name} ${what}, by ${this.#cameBy}, ${took} ms`);
      return true;
    } catch (error) {
      const trouble = troubleOf(error);
      tally.trouble(trouble);
      this.trouble = trouble;
      const isBad = ['session lost', 'no end', 'other'].includes(trouble);
      const took = Math.round(performance.now() - began);
      const text = `${this.name} ${what}, by ${this.#cameBy}, ${took} ms: ${describe(error)}`;
      this.#options.note(text);
      if (isBad) tally.remark(text);
      if (isBad) await this.#abandon();
      return false;
    } finally {
      this.doing = 'nothing';
      tally.longestMs = Math.max(tally.longestMs, performance.now() - began);
    }
  }

  /** Begins anew with the next step. */
  async #abandon(): Promise<void> {
    const caller = this.#caller;
    this.#caller = null;
    await caller?.close();
  }

  readonly #fetch: Fetch = async (url, init) => {
    const what = `${this.name} ${this.doing}: ${init?.method ?? 'GET'}`;
    try {
      const response = await fetch(url, init);
      if (init?.method === 'POST') this.#cameBy = response.headers.get(BY);
      const by = response.headers.get(BY);
      if (!response.ok) {
        const place = new Headers(init?.headers).get('last-event-id') ?? 'nothing';
        this.#options.note(`${what} after ${place} by ${by}: ${response.status}`);
      }
      return response;
    } catch (error) {
      this.#options.note(`${what}: ${describe(error)}`);
      throw error;
    }
  };

  #line(): string {
    return `${this.name}.${this.#sessions}/${++this.#lines}`;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, ms));
  }
}

function answerTo(message: string): string {
  return `${message}, yes`;
}

/** Something that a visitor waits for beside the time. */
function once(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<void>((settle) => (resolve = settle));
  return { promise, resolve };
}
