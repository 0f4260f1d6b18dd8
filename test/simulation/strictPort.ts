import type { ResponsePort } from '../../src/wire/port.ts';

/** Hears of what goes out, and of what must not have been done. */
export interface PortWatch {
  broke(what: string): void;
  said(port: StrictPort, text: string): void;
}

/** Who asked for a response. */
export interface Asker {
  readonly user: string;
  readonly method: string;
  /** The session the request named. */
  readonly sid: string | undefined;
  readonly lastEventId: string | undefined;
  /** Without a session: the call, stream or task that the request is about, and its home. */
  readonly call?: number | undefined;
  readonly home?: string | undefined;
  readonly task?: string | undefined;
  /** The session that has answered, where no client named it. */
  by?: string | undefined;
}

/**
 * A port that takes its protocol at its word: answered whole or opened, once; written to after that
 * and before its end. A port of an adapter may forgive what this one tells.
 */
export class StrictPort implements ResponsePort {
  readonly asker: Asker;
  readonly #port: ResponsePort;
  readonly #watch: PortWatch;
  #state: 'new' | 'open' | 'over' = 'new';
  /** The last event id that was written. */
  last: { readonly stream: string; readonly sequence: number } | undefined;

  constructor(port: ResponsePort, asker: Asker, watch: PortWatch) {
    this.#port = port;
    this.asker = asker;
    this.#watch = watch;
  }

  send(status: number, headers: readonly string[], body?: string): void {
    this.#must('new', 'answered');
    this.#state = 'over';
    this.#watch.said(this, body ?? '');
    this.#port.send(status, headers, body);
  }

  open(headers: readonly string[]): void {
    this.#must('new', 'opened');
    this.#state = 'open';
    this.#port.open(headers);
  }

  write(frame: string): void {
    this.#must('open', 'written to');
    this.#watch.said(this, frame);
    this.#port.write(frame);
  }

  end(): void {
    this.#must('open', 'ended');
    this.#state = 'over';
    this.#port.end();
  }

  cut(): void {
    this.#state = 'over';
    this.#port.cut();
  }

  get unread(): number {
    return this.#port.unread;
  }

  drained(): Promise<void> {
    return this.#port.drained();
  }

  get gone(): boolean {
    return this.#port.gone;
  }

  whenGone(callback: () => void): void {
    this.#port.whenGone(callback);
  }

  #must(state: 'new' | 'open', what: string): void {
    if (this.#state === state) return;
    const { method, user } = this.asker;
    this.#watch.broke(`a port (${method} of ${user}) was ${what} when it was ${this.#state}`);
  }
}
