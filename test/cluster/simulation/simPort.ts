import type { ResponsePort } from '../../../src/wire/port.ts';
import type { Heard } from './heard.ts';
import type { Wire } from './wire.ts';

/** What a port needs of its process. */
export interface SimPortHost {
  run(callback: () => void): void;
  /** Something was done to a response that is over, or was not begun. */
  broke(what: string): void;
}

/** A response on its way from a process to a client, over a connection that may break. */
export class SimPort implements ResponsePort {
  readonly #host: SimPortHost;
  readonly #wire: Wire;
  readonly #heard: Heard;
  #state: 'new' | 'open' | 'over' = 'new';
  #unread = 0;
  #isOver = false;
  #waiting: (() => void)[] = [];
  #callbacks: (() => void)[] = [];

  constructor(host: SimPortHost, wire: Wire, heard: Heard) {
    this.#host = host;
    this.#wire = wire;
    this.#heard = heard;
  }

  send(status: number, headers: readonly string[], body?: string): void {
    if (this.gone) return;
    this.#must('new', 'answered');
    this.#state = 'over';
    this.#carry(body?.length ?? 0, () => this.#heard.answered(status, headers, body ?? ''));
    this.#carryOver();
  }

  open(headers: readonly string[]): void {
    if (this.gone) return;
    this.#must('new', 'opened');
    this.#state = 'open';
    this.#carry(0, () => this.#heard.opened(headers));
  }

  write(frame: string): void {
    if (this.gone) return;
    this.#must('open', 'written to');
    this.#carry(frame.length, () => this.#heard.read(frame));
  }

  end(): void {
    if (this.gone) return;
    this.#must('open', 'ended');
    this.#state = 'over';
    this.#carry(0, () => this.#heard.ended());
    this.#carryOver();
  }

  cut(): void {
    if (this.#isOver) return;
    this.#state = 'over';
    this.#wire.break();
    this.#wire.carry(() => this.#heard.broke());
    this.#over();
  }

  get unread(): number {
    return this.#isOver ? 0 : this.#unread;
  }

  drained(): Promise<void> {
    if (this.gone || this.#unread === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  get gone(): boolean {
    return this.#state === 'over';
  }

  whenGone(callback: () => void): void {
    if (this.#isOver) callback();
    else this.#callbacks.push(callback);
  }

  /** The client has left. */
  left(): void {
    this.#wire.break();
    this.#state = 'over';
    this.#over();
  }

  #carry(bytes: number, arrive: () => void): void {
    this.#unread += bytes;
    this.#wire.carry(() => {
      arrive();
      this.#host.run(() => this.#took(bytes));
    });
  }

  #carryOver(): void {
    this.#wire.carry(() => this.#host.run(() => this.#over()));
  }

  #took(bytes: number): void {
    this.#unread -= bytes;
    if (this.#unread === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
    for (const callback of this.#callbacks.splice(0)) callback();
  }

  #must(state: 'new' | 'open', what: string): void {
    if (this.#state !== state)
      this.#host.broke(`a response was ${what} when it was ${this.#state}`);
  }
}
