import { UnreadAccount } from '../../src/http/unread.ts';
import { UnreadBudget } from '../../src/http/unreadBudget.ts';
import type { ResponsePort } from '../../src/wire/port.ts';
import { servicesOf } from './servicesOf.ts';
import type { VirtualClock } from './virtualClock.ts';

/** A response of which a test says how much is unread. */
export class UnreadPort implements ResponsePort {
  unread: number;
  isCut = false;
  /** Written to its end: the bytes are still there. */
  gone = true;
  #callbacks: (() => void)[] = [];

  constructor(unread: number) {
    this.unread = unread;
  }

  cut(): void {
    this.isCut = true;
    this.leave();
  }

  leave(): void {
    this.unread = 0;
    this.gone = true;
    for (const callback of this.#callbacks.splice(0)) callback();
  }

  whenGone(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  send(): void {}
  open(): void {}
  write(): void {}
  end(): void {}

  drained(): Promise<void> {
    return Promise.resolve();
  }
}

/** The accounts of some sessions, and what becomes of their responses. */
export function unreadRig(limits: Parameters<typeof servicesOf>[0]) {
  const services = servicesOf(limits);
  const budget = new UnreadBudget(services);
  const ports: UnreadPort[] = [];
  const open = (key: string, principal?: string) => {
    const account = new UnreadAccount(services, budget, { key, principal });
    /** A response that is over. */
    const add = (unread: number): UnreadPort => {
      const port = new UnreadPort(unread);
      ports.push(port);
      account.add(port);
      return port;
    };
    /** A stream that is open, and its first event. */
    const stream = (unread: number): UnreadPort => {
      const port = new UnreadPort(0);
      port.gone = false;
      ports.push(port);
      account.open(port);
      port.unread = unread;
      account.wrote(port);
      return port;
    };
    return { account, add, stream };
  };
  return {
    open,
    budget,
    services,
    clock: services.clock as VirtualClock,
    cut: () => ports.map(({ isCut }) => isCut),
    limits: services.counters.limits,
  };
}
