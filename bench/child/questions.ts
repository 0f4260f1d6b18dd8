/** What the parent may ask a server child over IPC, and what comes back. */
export interface Questions {
  cpu: { ask: []; answer: { micros: number } };
  memory: { ask: []; answer: Memory };
  busy: { ask: []; answer: number };
  'profile.start': { ask: [intervalMicros: number]; answer: null };
  'profile.stop': { ask: [file: string]; answer: null };
  'allocations.start': { ask: [intervalBytes: number]; answer: null };
  'allocations.stop': { ask: [file: string]; answer: null };
  snapshot: { ask: [file: string]; answer: null };
}

export interface Memory {
  readonly heapBytes: number;
  readonly rssBytes: number;
}

export type Kind = keyof Questions;

export interface Question<K extends Kind = Kind> {
  readonly seq: number;
  readonly kind: K;
  readonly args: Questions[K]['ask'];
}

export type Reply =
  | { readonly ready: number }
  | { readonly seq: number; readonly answer: Questions[Kind]['answer'] }
  | { readonly seq: number; readonly error: string };
