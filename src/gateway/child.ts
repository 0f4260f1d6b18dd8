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

/** What a {@link Child} is started with: every option of a child process, checked and present. */
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

/** Takes what a child process says on its stdout. */
export interface ChildReader {
  line(text: string): void;
  /** A line over the limit: a request may wait for it, so both ends of the line are known. */
  longLine(line: LongLine): void;
  /** Asked after each chunk: the child process is read no further until this promise settles. */
  pause(): Promise<void> | undefined;
}

/** How long SIGKILL may take before the process group counts as one that can not be ended. */
export const KILL_TIMEOUT_MS = 2000;
/** From the first sign of a child process's end to the crash: what the child still said is read. */
const LAST_WORDS_MS = 250;
const MAX_STDERR_LINE_BYTES = 4096;

/**
 * One stdio server as a child process in a process group of its own. Its session owns the child,
 * which emits `error` when the process ends by itself; `close` ends the whole group, once.
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
  /** The child has answered `initialize`: its end is a crash now, a failed start before. */
  isReady = false;

  constructor(settings: ChildSettings, slots: Slots, log: SessionLog) {
    this.#settings = settings;
    this.#slots = slots;
    this.#log = log;
  }

  /** Registers the session's listener: a session hears `error` of every resource it owns. */
  on(_event: 'error', listener: (error: unknown) => void): void {
    this.#listeners.push(listener);
  }

  /** @throws ActorsError `start-failed` when the process can not be started */
  async start(reader: ChildReader): Promise<void> {
    await this.#slots.take();
    // The session ended while its child waited for a slot.
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
      // Later errors only say that a signal found no process.
      process.on('error', () => {});
      if (process.pid === undefined) throw (await once(process, 'error'))[0];
      this.#started(process, process.pid, reader);
    } catch (cause) {
      this.#slots.give();
      const { code = 'failed' } = cause as NodeJS.ErrnoException;
      throw new ActorsError('start-failed', `can not start ${command}: ${code}`, { cause });
    }
  }

  /** The child process leaves too much of its stdin unread: no new request should be sent to it. */
  get isBehind(): boolean {
    return this.#pending >= this.#settings.maxPendingBytes;
  }

  /** Writes a line to the child process; a child that leaves too many bytes unread has failed. */
  write(line: string): void {
    if (this.#process === null || this.#closing !== null || this.#hasFailed) return;
    if (this.#pending >= 2 * this.#settings.maxPendingBytes) this.fail('does not read its stdin');
    else this.#process.stdin.write(`${line}\n`);
  }

  /** Crashes the session this child process serves. */
  fail(what: string): void {
    if (this.#hasFailed || this.#closing !== null) return;
    this.#hasFailed = true;
    this.#log.write('gateway', `process ${this.#group?.pid} ${what}`);
    const code = this.isReady ? 'server-ended' : 'start-failed';
    for (const listener of this.#listeners) {
      listener(new ActorsError(code, `the process behind the session ${what}`));
    }
  }

  /** Ends the process group: end of input, SIGTERM, SIGKILL. Resolves when none of it runs. */
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

  /** The end of a process shows at its exit, its stdout and its stdin, in any order. */
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
    // Output that no session takes any more must not keep the child from reading the end of its
    // input.
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
