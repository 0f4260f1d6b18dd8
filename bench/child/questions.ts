import type { Memory } from './memory.ts';

/** What the parent may ask a server child, and what comes back. */
export interface Questions {
  /** CPU spent since the process began, and the part of it that was not the kernel's. */
  cpu: { ask: []; answer: { micros: number; userMicros: number } };
  memory: { ask: []; answer: Memory };
  busy: { ask: []; answer: number };
  'profile.start': { ask: [intervalMicros: number]; answer: null };
  'profile.stop': { ask: [file: string]; answer: null };
  'allocations.start': { ask: [intervalBytes: number]; answer: null };
  'allocations.stop': { ask: [file: string]; answer: null };
  snapshot: { ask: [file: string]; answer: null };
}
