import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { systemClock } from '../base/clock.ts';
import { ActorsError } from '../base/errors.ts';
import type { Message, ResponseMessage } from '../wire/jsonrpc.ts';
import { hasGroups, KILL_TIMEOUT_MS, ProcessGroup } from '../base/processGroup.ts';
import { reaper } from '../base/reaper.ts';
import { LineReader, type LongLine } from '../base/lineReader.ts';
import { jsonOf } from '../wire/verbatim.ts';
import { Backend, type Hearer } from './backend.ts';
import { childEnvironment } from './childEnvironment.ts';
import { ChildLines } from './childLines.ts';
import type { SessionLog } from './log.ts';
import { passed } from './passed.ts';
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

/** From the first sign of a child process's end to the crash: what the child still said is read. */
const LAST_WORDS_MS = 250;
const MAX_STDERR_LINE_BYTES = 4096;

/** One stdio server as a child process in its own process group: `close` ends the whole group. */
export class Child extends Backend {
  readonly #settings: ChildSettings;
  readonly #slots: Slots;
  readonly #before: Promise<unknown> | undefined;
  #process: ChildProcessWithoutNullStreams | null = null;
  #group: ProcessGroup | null = null;

  /** @param before the end of the child process that served the session before */
  constructor(
    settings: ChildSettings,
    slots: Slots,
    log: SessionLog,
    before: Promise<unknown> | undefined,
  ) {
    super('the process behind the session', log);
    this.#settings = settings;
    this.#slots = slots;
    this.#before = before;
  }

  /** @throws ActorsError `start-failed` when the process can not be started */
  async start(hearer: Hearer): Promise<void> {
    await this.#before?.catch(() => {});
    await this.#slots.take();
    // The session ended while its child waited for a slot.
    if (this.isClosing) return this.#slots.give();
    const { command, args, env, cwd } = this.#settings;
    try {
      const process = spawn(command, args, {
        env: { ...childEnvironment(), ...env },
        cwd,
        stdio: 'pipe',
        detached: hasGroups,
        windowsHide: true,
      });
      // Later errors only say that a signal found no process.
      process.on('error', () => {});
      if (process.pid === undefined) throw (await once(process, 'error'))[0];
      this.#started(process, process.pid, hearer);
    } catch (cause) {
      this.#slots.give();
      const { code = 'failed' } = cause as NodeJS.ErrnoException;
      throw new ActorsError('start-failed', `can not start ${command}: ${code}`, { cause });
    }
  }

  get isBehind(): boolean {
    return this.#pending >= this.#settings.maxPendingBytes;
  }

  /** Writes a line to the child process; a child that leaves too many bytes unread has failed. */
  send(message: Message): void {
    const line = jsonOf(message);
    passed(this.log.key, 'out', message, line.length);
    if (this.#process === null || this.isOver) return;
    if (this.#pending >= 2 * this.#settings.maxPendingBytes)
      this.#failed('does not read its stdin');
    else this.#process.stdin.write(`${line}\n`);
  }

  greeted({ result }: ResponseMessage): void {
    this.isReady = result !== undefined;
  }

  #failed(what: string): void {
    this.fail(what, undefined, `process ${this.#group?.pid}`);
  }

  get #pending(): number {
    return this.#process?.stdin.writableLength ?? 0;
  }

  #started(process: ChildProcessWithoutNullStreams, pid: number, hearer: Hearer): void {
    this.#process = process;
    this.#group = new ProcessGroup(process, pid);
    reaper.add(this.#group.target);
    this.log.pid = pid;
    this.log.write('gateway', `process ${pid} started`);
    this.#read(process, hearer);
    this.#watch(process);
  }

  #read({ stdout, stderr }: ChildProcessWithoutNullStreams, hearer: Hearer): void {
    const lines = new ChildLines(hearer, this.log);
    readLines(stdout, this.#settings.maxLineBytes, (line) => {
      if (this.isClosing) return;
      if (typeof line === 'string') lines.take(line);
      else lines.takeLong(line);
    });
    stdout.on('data', () => {
      const paused = this.isClosing ? undefined : hearer.pause();
      if (paused === undefined) return;
      stdout.pause();
      const resume = (): unknown => stdout.resume();
      paused.then(resume).catch(resume);
    });
    readLines(stderr, MAX_STDERR_LINE_BYTES, (line) => {
      this.log.write('stderr', typeof line === 'string' ? line : `${line.head}…`);
    });
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
        if (signalCode !== null) this.#failed(`was ended by ${signalCode}`);
        else this.#failed(exitCode === null ? what : `exited with code ${exitCode}`);
      };
      const timer = systemClock.setTimeout(over, LAST_WORDS_MS);
      process.once('close', over);
    };
    process.once('exit', () => ending('exited'));
    stdout.once('end', () => ending('closed its stdout'));
    stdin.on('error', () => ending('closed its stdin'));
    for (const stream of [stdout, stderr]) stream.on('error', () => {});
  }

  protected async end(): Promise<void> {
    const [process, group] = [this.#process, this.#group];
    if (process === null || group === null) return;
    const { eofTimeoutMs, termTimeoutMs } = this.#settings;
    process.stdin.end();
    // Output that no session takes must not keep the child from reading the end of its input.
    process.stdout.resume();
    let isGone = await group.gone(eofTimeoutMs);
    for (const [signal, timeoutMs] of [
      ['SIGTERM', termTimeoutMs],
      ['SIGKILL', KILL_TIMEOUT_MS],
    ] as const) {
      if (isGone) break;
      this.log.write('gateway', `process ${group.pid} gets ${signal}`);
      group.signal(signal);
      isGone = await group.gone(timeoutMs);
    }
    for (const stream of [process.stdin, process.stdout, process.stderr]) stream.destroy();
    this.#slots.give();
    if (this.log.pid === group.pid) this.log.pid = undefined;
    if (!isGone) throw new ActorsError('server-ended', `process ${group.pid} can not be ended`);
    reaper.remove(group.target);
  }
}

/** Reads the lines of a stream; of a line over the limit, the ends of the whole line. */
function readLines(
  stream: Readable,
  maxBytes: number,
  take: (line: string | LongLine) => void,
): void {
  const lines = new LineReader(maxBytes);
  const hear = (heard: Iterable<string | LongLine>): void => {
    for (const line of heard) if (typeof line === 'string' || line.isOver) take(line);
  };
  stream.on('data', (chunk: Buffer) => hear(lines.take(chunk)));
  stream.on('end', () => hear(lines.end()));
}
