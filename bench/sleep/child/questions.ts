import type { Memory } from '../../child/memory.ts';

/** Sessions that were opened, called once, and put to sleep. */
export interface Filled {
  /** Opening, initializing and calling. */
  readonly openMs: number;
  /** From the moment they could sleep until the last was asleep. */
  readonly sleepMs: number;
}

/** Milliseconds from message to answer. */
export interface Latencies {
  /** Of sessions picked at random among those asleep. */
  readonly wakes: number[];
  /** Of sessions that were awake, in turn with the others. */
  readonly calls: number[];
}

/** A great many sessions to which the same happens at once. */
export interface Crowd {
  readonly sessions: number;
  readonly ms: number;
  /** The longest the event loop was away for. */
  readonly blockMs: number;
}

/** A session as whoever visits it knows it. */
export interface Visited {
  readonly number: number;
  readonly id: string;
  readonly visits: number;
}

/** What a process found in the store of the one before. */
export interface Adopted {
  readonly openMs: number;
  readonly asleep: number;
  /** Of the first session that was woken. */
  readonly firstMs: number;
  readonly latencies: Latencies;
}

export interface SleepQuestions {
  /** Bytes of the user's own state of a session. */
  state: { ask: []; answer: number };
  memory: { ask: []; answer: Memory };
  snapshot: { ask: [file: string]; answer: null };
  fill: { ask: [count: number]; answer: Filled };
  wakes: { ask: [count: number]; answer: Latencies };
  /** All that are awake fall asleep. */
  rest: { ask: []; answer: null };
  /** So many are woken, and then all of them fall asleep at once. */
  dozeOff: { ask: [count: number]; answer: Crowd };
  /** All sessions come to the end of their time at once. */
  expire: { ask: []; answer: Crowd };
  /** Some of those asleep, for the next process. */
  some: { ask: [count: number]; answer: Visited[] };
  /** Opens the store of the process before; these are known to be in it. */
  adopt: { ask: [known: Visited[]]; answer: Adopted };
  /** Ends the runtime and closes the store. */
  close: { ask: []; answer: null };
}
