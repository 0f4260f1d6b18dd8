import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { ChildLine } from '../child/line.ts';
import type {
  Adopted,
  Crowd,
  Filled,
  Latencies,
  SleepQuestions,
  Visited,
} from './child/questions.ts';
import type { Options, StoreName } from './options.ts';

/** What was measured of one number of sessions in one store. */
export interface Measured {
  readonly store: StoreName;
  readonly sessions: number;
  /** Bytes of the user's own state of a session. */
  readonly stateBytes: number;
  /** Bytes of a session beside its state, heap and external. */
  readonly bytes: number;
  readonly rssBytes: number;
  /** Bytes of a session on the disk. */
  readonly diskBytes: number | undefined;
  readonly filled: Filled;
  /** By round. */
  readonly rounds: readonly Latencies[];
  readonly dozed: Crowd;
  /** In memory: all of them end at once, and what is left of the memory they took. */
  readonly expired: Crowd | undefined;
  readonly leftBytes: number | undefined;
  /** With a durable store: another process goes on with them. */
  readonly reopened: Adopted | undefined;
}

/** Sessions that come, go and are measured by nobody, so that all code is warm. */
const WARM = 2000;

type Line = ChildLine<SleepQuestions>;

/** One population in a process of its own. */
class Town implements AsyncDisposable {
  readonly sessions: number;
  readonly line: Line;
  readonly folder: string | undefined;
  readonly rounds: Latencies[] = [];
  filled!: Pick<Measured, 'stateBytes' | 'bytes' | 'rssBytes' | 'diskBytes' | 'filled'>;
  /** When there was nobody. */
  emptyBytes = 0;

  private constructor(sessions: number, line: Line, folder: string | undefined) {
    this.sessions = sessions;
    this.line = line;
    this.folder = folder;
  }

  static async found(entry: string, sessions: number, folder?: string): Promise<Town> {
    const line = await ChildLine.start<SleepQuestions>(`${sessions} sessions`, [
      entry,
      `${Math.max(sessions, WARM)}`,
      ...(folder === undefined ? [] : [folder]),
    ]);
    return new Town(sessions, line, folder);
  }

  /** Another process where this one was. */
  async refound(entry: string): Promise<Town> {
    await this.line.ask('close');
    await this.line[Symbol.asyncDispose]();
    return Town.found(entry, this.sessions, this.folder);
  }

  async fill(): Promise<void> {
    const { line, sessions } = this;
    await line.ask('fill', WARM);
    await line.ask('wakes', WARM / 4);
    await line.ask('rest');
    await line.ask('expire');
    const stateBytes = await line.ask('state');
    const before = await line.ask('memory');
    const filled = await line.ask('fill', sessions);
    const after = await line.ask('memory');
    this.emptyBytes = before.heapBytes;
    this.filled = {
      filled,
      stateBytes: this.folder === undefined ? stateBytes : 0,
      bytes: (after.heapBytes - before.heapBytes) / sessions,
      rssBytes: (after.rssBytes - before.rssBytes) / sessions,
      diskBytes: this.folder === undefined ? undefined : onDisk(this.folder) / sessions,
    };
  }

  async round(wakes: number): Promise<void> {
    this.rounds.push(await this.line.ask('wakes', Math.min(wakes, this.sessions / 4)));
    await this.line.ask('rest');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.line[Symbol.asyncDispose]();
  }
}

/** All populations in one store: filled one after the other, then woken in turn. */
export async function measure(
  { sizes, rounds, wakes, crowd, folder }: Options,
  store: StoreName,
  entry: string,
): Promise<Measured[]> {
  const towns: Town[] = [];
  const folders: string[] = [];
  const measured: Measured[] = [];
  try {
    for (const size of sizes) {
      const own = store === 'lmdb' ? mkdtempSync(join(folder, 'mcp-actors-bench-')) : undefined;
      if (own !== undefined) folders.push(own);
      const town = await Town.found(entry, size, own);
      towns.push(town);
      tell(`${store}: ${size} sessions come and fall asleep`);
      await town.fill();
    }
    for (let round = 1; round <= rounds; round++) {
      tell(`${store}: wakes, round ${round} of ${rounds}`);
      for (const town of towns) await town.round(wakes);
    }
    for (const town of towns.splice(0)) {
      const { sessions, filled } = town;
      tell(`${store}: ${sessions} sessions, many at once`);
      const dozed = await town.line.ask('dozeOff', Math.min(crowd, sessions));
      const end = await (store === 'memory' ? expire(town) : reopen(town, entry, wakes));
      measured.push({ store, sessions, ...filled, rounds: town.rounds, dozed, ...end });
      await town[Symbol.asyncDispose]();
    }
    return measured;
  } finally {
    for (const town of towns) await town[Symbol.asyncDispose]();
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  }
}

type End = Pick<Measured, 'expired' | 'leftBytes' | 'reopened'>;

async function expire({ line, emptyBytes }: Town): Promise<End> {
  const expired = await line.ask('expire');
  const { heapBytes } = await line.ask('memory');
  return { expired, leftBytes: heapBytes - emptyBytes, reopened: undefined };
}

async function reopen(town: Town, entry: string, wakes: number): Promise<End> {
  const known: Visited[] = await town.line.ask('some', Math.min(wakes, town.sessions / 4));
  await using next = await town.refound(entry);
  const reopened = await next.line.ask('adopt', known);
  const { asleep } = reopened;
  if (asleep !== town.sessions) throw new Error(`${asleep} of ${town.sessions} were found again`);
  return { expired: undefined, leftBytes: undefined, reopened };
}

function onDisk(folder: string): number {
  return statSync(join(folder, 'data.mdb')).blocks * 512;
}

function tell(text: string): void {
  console.error(text);
}
