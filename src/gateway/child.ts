import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { getDefaultEnvironment } from '@modelcontextprotocol/sdk/client/stdio.js';
import { systemClock } from '../base/clock.ts';
import { ActorsError } from '../base/errors.ts';
import { LineReader, type LongLine } from '../base/lineReader.ts';
import type { SessionLog } from './log.ts';
import { hasGroups, ProcessGroup } from './processGroup.ts';
import { reaper } from './reaper.ts';
import type { Slots } from './slots.ts';

/** What a {@link Child} is started with: every field checked and present. */
export interface ChildSettings {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  readonly maxLineBytes: number;
  readonly maxPendingBytes: number;
  readonly eofTimeoutMs: number;
  readonly termTimeoutMs: number;
}

/** Where what a child says goes. */
export interface ChildReader {
  line(text: string): void;
  /** A line over the limit: somebody may be waiting for it, so both its ends are known. */
  longLine(line: LongLine): void;
  /** After each chunk: a promise makes the child wait. */
  pause(): Promise<void> | undefined;
}

/** How long SIGKILL may take before the group counts as one that can not be ended. */
export const KILL_TIMEOUT_MS = 2000;
/** From the first sign of a child's end to the last: what it still said is read, then it crashed. */
const LAST_WORDS_MS = 250;
const MAX_STDERR_LINE_BYTES = 4096;

/**
 * One stdio server as a child process in a process group of its own. Owned by its session: it
 * emits `error` when it ends by itself, and `close` ends the whole group, once.
 */
export class Child {
  readonly #settings: ChildSettings;
  readonly #slots: Slots;
  readonly #log: SessionLog;
  readonly #listeners: ((error: unknown) => void)[] = [];
  #process: ChildProcessWithoutNullStreams | null = null;
  #group: ProcessGroup | null = null;
  #closing: Promise<void> | null = null;
  #hasFailed = false;
  /** It has answered `initialize`: from then on its end is a crash, before it a failed start. */
  isReady = false;

  constructor(settings: ChildSettings, slots: Slots, log: SessionLog) {
    this.#settings = settings;
    this.#slots = slots;
    this.#log = log;
  }

  /** What a session listens to on what it owns. */
  on(_event: 'error', listener: (error: unknown) => void): void {
    this.#listeners.push(listener);
  }

  /** @throws ActorsError `start-failed` when it can not be started */
  async start(reader: ChildReader): Promise<void> {
    await this.#slots.take();
    // The session ended while it waited for its place.
    if (this.#closing !== null) return this.#slots.give();
    const { command, args, env, cwd } = this.#settings;
    try {
      const process = spawn(command, args, {
        env: { ...getDefaultEnvironment(), ...env },
        cwd,
        stdio: 'pipe',
        detached: hasGroups,
        windowsHide: true,
      });
      // Later ones tell of a signal that found nobody.
      process.on('error', () => {});
      if (process.pid === undefined) throw (await once(process, 'error'))[0];
      this.#started(process, process.pid, reader);
    } catch (cause) {
      this.#slots.give();
      const { code = 'failed' } = cause as NodeJS.ErrnoException;
      throw new ActorsError('start-failed', `can not start ${command}: ${code}`, { cause });
    }
  }

  /** It has more to read than it should: nothing new should be asked of it. */
  get isBehind(): boolean {
    return this.#pending >= this.#settings.maxPendingBytes;
  }

  /** Writes a line; a child that leaves too much of what it is sent unread has failed. */
  write(line: string): void {
    if (this.#process === null || this.#closing !== null || this.#hasFailed) return;
    if (this.#pending >= 2 * this.#settings.maxPendingBytes) this.fail('does not read its stdin');
    else this.#process.stdin.write(`${line}\n`);
  }

  /** Crashes the session of this child. */
  fail(what: string): void {
    if (this.#hasFailed || this.#closing !== null) return;
    this.#hasFailed = true;
    this.#log.write('gateway', `process ${this.#group?.pid} ${what}`);
    const code = this.isReady ? 'server-ended' : 'start-failed';
    for (const listener of this.#listeners) {
      listener(new ActorsError(code, `the process behind the session ${what}`));
    }
  }

  /** Ends the whole group: end of input, SIGTERM, SIGKILL. Resolves when nothing of it runs. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  get #pending(): number {
    return this.#process?.stdin.writableLength ?? 0;
  }

  #started(process: ChildProcessWithoutNullStreams, pid: number, reader: ChildReader): void {
    if (hasGroups) reaper.add(pid);
    this.#process = process;
    this.#group = new ProcessGroup(process, pid);
    this.#log.pid = pid;
    this.#log.write('gateway', `process ${pid} started`);
    this.#read(process, reader);
    this.#watch(process);
  }

  #read({ stdout, stderr }: ChildProcessWithoutNullStreams, reader: ChildReader): void {
    const lines = new LineReader(this.#settings.maxLineBytes);
    const hear = (heard: Iterable<string | LongLine>): void => {
      for (const line of heard) {
        if (typeof line === 'string') reader.line(line);
        else if (line.isOver) reader.longLine(line);
      }
    };
    stdout.on('data', (chunk: Buffer) => {
      if (this.#closing !== null) return;
      hear(lines.take(chunk));
      const paused = reader.pause();
      if (paused === undefined) return;
      stdout.pause();
      void paused.then(() => stdout.resume());
    });
    stdout.on('end', () => hear(lines.end()));
    const remarks = new LineReader(MAX_STDERR_LINE_BYTES);
    const note = (noted: Iterable<string | LongLine>): void => {
      for (const line of noted) {
        if (typeof line === 'string') this.#log.write('stderr', line);
        else if (line.isOver) this.#log.write('stderr', `${line.head}…`);
      }
    };
    stderr.on('data', (chunk: Buffer) => note(remarks.take(chunk)));
    stderr.on('end', () => note(remarks.end()));
  }

  /** Its end shows in up to three places, in any order. */
  #watch(process: ChildProcessWithoutNullStreams): void {
    const { stdin, stdout, stderr } = process;
    let isEnding = false;
    const ending = (what: string): void => {
      if (isEnding) return;
      isEnding = true;
      const over = (): void => {
        systemClock.clearTimeout(timer);
        const { exitCode, signalCode } = process;
        if (signalCode !== null) this.fail(`was ended by ${signalCode}`);
        else this.fail(exitCode === null ? what : `exited with code ${exitCode}`);
      };
      const timer = systemClock.setTimeout(over, LAST_WORDS_MS);
      process.once('close', over);
    };
    process.once('exit', () => ending('exited'));
    stdout.once('end', () => ending('closed its stdout'));
    stdin.on('error', () => ending('closed its stdin'));
    for (const stream of [stdout, stderr]) stream.on('error', () => {});
  }

  async #end(): Promise<void> {
    const [process, group] = [this.#process, this.#group];
    if (process === null || group === null) return;
    const { eofTimeoutMs, termTimeoutMs } = this.#settings;
    process.stdin.end();
    // What nobody takes any more must not keep it from reading the end of its input.
    process.stdout.resume();
    let isGone = await group.gone(eofTimeoutMs);
    for (const [signal, timeoutMs] of [
      ['SIGTERM', termTimeoutMs],
      ['SIGKILL', KILL_TIMEOUT_MS],
    ] as const) {
      if (isGone) break;
      this.#log.write('gateway', `process ${group.pid} gets ${signal}`);
      group.signal(signal);
      isGone = await group.gone(timeoutMs);
    }
    for (const stream of [process.stdin, process.stdout, process.stderr]) stream.destroy();
    this.#slots.give();
    if (this.#log.pid === group.pid) this.#log.pid = undefined;
    if (!isGone) throw new ActorsError('server-ended', `process ${group.pid} can not be ended`);
    if (hasGroups) reaper.remove(group.pid);
  }
}
