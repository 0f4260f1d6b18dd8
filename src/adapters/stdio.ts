import { checkNames, type NamesOf } from '../base/optionNames.ts';
import type { AuthInfo } from '../wire/authInfo.ts';
import type { Readable, Writable } from 'node:stream';
import type { EndReason } from '../../machines/session.ts';
import { type Channel, type ChannelEnd, openChannel } from './channel.ts';
import type { Endpoint } from '../http/endpoint.ts';
import { ActorsError } from '../base/errors.ts';
import type { Services } from '../events/services.ts';
import { endpointOf } from '../http/endpointOf.ts';
import type { Runtime } from '../runtime.ts';
import { LineReader } from '../base/lineReader.ts';
import { ownProcess } from './ownProcess.ts';
import { PipeLine } from './pipeLine.ts';

/** The pipes of {@link serveStdio}, and what the process is there for. */
export interface StdioOptions {
  /** The pipe that the client writes to. @default process.stdin */
  readonly input?: Readable;
  /**
   * The pipe that the client reads. Only this session may write to it: a client reads JSON-RPC
   * only. @default process.stdout
   */
  readonly output?: Writable;
  /** The caller, where the host knows it; anonymous otherwise. */
  readonly authInfo?: AuthInfo;
  /**
   * The process is there for this session: SIGINT, SIGTERM and SIGHUP end the session and then the
   * process, and so does an uncaught exception; a rejection of the session crashes the session; when
   * the session is over, the process ends within a second, whatever still runs in it. @default `true` for the process's own `input`
   */
  readonly ownsProcess?: boolean;
}

/** What {@link StdioOptions} knows. */
const STDIO_NAMES: NamesOf<StdioOptions> = {
  input: true,
  output: true,
  authInfo: true,
  ownsProcess: true,
};

/** The one session on a pair of pipes. */
export interface StdioSession {
  /** Why the session ended: known once its resources are released and its messages are taken. */
  readonly closed: Promise<EndReason>;
  /**
   * Ends the session when work in flight is done.
   * @param options deadlineMs until work is cut; the runtime's `closeTimeoutMs` by default
   */
  close(options?: { readonly deadlineMs?: number }): Promise<EndReason>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * How many times the limit a line may grow before the session ends. What is skipped is garbage, and
 * garbage is memory until it is collected: a client that sends more is not worth reading further.
 */
const ENDLESS_TIMES = 4;

/** Longest wait for work in flight once input has ended: a client sends SIGTERM about then. */
const EOF_GRACE_MS = 2000;

/**
 * Serves a runtime on stdin and stdout: one session, one JSON-RPC message a line.
 *
 * The end of input ends the session as soon as every request before it is answered, within two
 * seconds; a broken pipe ends the session at once. A line over `maxBodyBytes` is answered with an
 * error and skipped; a line four times that long ends the session. While the client does not read,
 * nothing is read from the client.
 *
 * @throws ActorsError `not-admitted` when the runtime takes no session
 */
export function serveStdio(
  runtime: Pick<Runtime, 'fetch'>,
  options: StdioOptions = {},
): StdioSession {
  checkNames('serveStdio', options, STDIO_NAMES);
  const { input = process.stdin, output = process.stdout, authInfo } = options;
  const { ownsProcess = input === process.stdin } = options;
  const endpoint = endpointOf(runtime);
  const session = new PipeSession(endpoint, input, output, authInfo);
  if (ownsProcess) {
    ownProcess(session, endpoint.services);
  }
  return session;
}

class PipeSession implements StdioSession {
  readonly closed: Promise<EndReason>;
  readonly #services: Services;
  readonly #line: PipeLine;
  readonly #channel: Channel;
  readonly #timers = new Set<unknown>();

  constructor(
    endpoint: Endpoint,
    input: Readable,
    output: Writable,
    authInfo: AuthInfo | undefined,
  ) {
    const { clock, events } = endpoint.services;
    this.#services = endpoint.services;
    let resolve!: (reason: EndReason) => void;
    const over = new Promise<EndReason>((done) => (resolve = done));
    this.#line = new PipeLine(output, (reason) => {
      // With a session, the end comes when it is released; a line that never had one is over now.
      if (this.#channel.session === null) resolve(endOf(reason));
    });
    const origin = { head: { method: '', headers: {} }, authInfo };
    const channel = openChannel(endpoint, origin, this.#line);
    if (typeof channel === 'string') {
      throw new ActorsError('not-admitted', `the runtime takes no session: ${channel}`);
    }
    this.#channel = channel;
    const stop = events.on('session.ended', ({ session, reason }) => {
      if (session === channel.session?.key) resolve(reason);
    });
    this.closed = over.then(async (reason) => {
      stop();
      for (const timer of this.#timers) clock.clearTimeout(timer);
      await this.#line.close(clock);
      input.destroy();
      return reason;
    });
    const leave = (): void => this.#leave();
    output.on('error', leave).on('close', leave);
    // The reader below hears the error; once it has stopped, no one needs to.
    input.on('error', () => {});
    void this.#read(input)
      .then((isWhole) => (isWhole ? this.#finish() : this.#leave()))
      .catch(() => this.#leave());
  }

  close({ deadlineMs = this.#services.limits.closeTimeoutMs } = {}): Promise<EndReason> {
    this.#channel.finish('terminated');
    this.#cutAfter(deadlineMs);
    return this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Reads to the end of input; `false` when the line is over before. */
  async #read(input: Readable): Promise<boolean> {
    const { maxBodyBytes } = this.#services.limits;
    const reader = new LineReader(maxBodyBytes);
    // Input and output may be one socket, on which the last messages are still to go out.
    const chunks = input.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer | string>;
    for await (const chunk of chunks) {
      for (const line of reader.take(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)) {
        if (typeof line === 'string') this.#channel.receive(line);
        else {
          if (line.isNew) this.#channel.reject('body-too-large');
          if (line.bytes > maxBodyBytes * ENDLESS_TIMES) return false;
        }
        await this.#line.drained();
        if (this.#line.isOver) return false;
      }
    }
    return !this.#line.isOver;
  }

  /** Ends the session once the requests that came are answered: the client asks nothing more. */
  #finish(): void {
    const channel = this.#channel;
    const look = (): void => {
      if (channel.isQuiet) channel.finish('terminated');
    };
    this.#line.onSent = () => queueMicrotask(look);
    this.#cutAfter(Math.min(EOF_GRACE_MS, this.#services.limits.closeTimeoutMs));
    look();
  }

  /** Ends the session at once, because a pipe broke: the client reads no answer. */
  #leave(): void {
    this.#channel.left();
    this.#line.end('disconnected');
  }

  #cutAfter(ms: number): void {
    const cut = (): void => {
      this.#channel.finish('terminated');
      this.#channel.cut();
    };
    this.#timers.add(this.#services.clock.setTimeout(cut, ms));
  }
}

/** The end to report of a line that never had a session. */
function endOf(reason: ChannelEnd): EndReason {
  if (reason === 'draining') return 'drained';
  if (reason === 'at-capacity' || reason === 'quota-reached' || reason === 'overloaded') {
    return 'capacity';
  }
  return reason === 'too-slow' ? 'disconnected' : reason;
}
