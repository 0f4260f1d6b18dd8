import type { ResponsePort } from '../../src/wire/port.ts';
import { turn } from '../support/eventually.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { Agreement, ExchangeNode } from './exchangeNode.ts';
import { PostOffice } from './postOffice.ts';

type Options = ConstructorParameters<typeof ExchangeNode>[4];

/** Three nodes: clients are at `a`, and `b` has the session `s`. */
export function threeNodes(options: Options = {}) {
  const clock = new VirtualClock();
  const office = new PostOffice();
  const agreement = new Agreement(clock);
  const [a, b, c] = ['a#1', 'b#1', 'c#1'].map(
    (name) => new ExchangeNode(name, clock, agreement, office, options),
  ) as [ExchangeNode, ExchangeNode, ExchangeNode];
  agreement.owners.set('s', b.incarnation);
  /** A node's process is killed: its lease lasts on. */
  const kill = (node: ExchangeNode, leaseMs: number): void => {
    office.close(node.incarnation);
    agreement.leases.set(node.incarnation, clock.now() + leaseMs);
  };
  return { clock, office, agreement, a, b, c, kill };
}

/** Lets everything on its way arrive. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 30; i++) await turn();
}

/** Moves time on in steps, so that whatever a timer sets off gets to its end before the next. */
export async function pass(clock: VirtualClock, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    await settled();
    clock.advance(Math.min(left, 250));
    await settled();
  }
}

/** Answers as JSON. */
export function answer(port: ResponsePort, json: unknown): void {
  port.send(200, ['Content-Type', 'application/json'], JSON.stringify(json));
}

/** Opens an event stream, and says something on it. */
export function stream(port: ResponsePort, ...events: readonly string[]): void {
  port.open(['Content-Type', 'text/event-stream']);
  for (const event of events) port.write(event);
}

/** An event of a stream. */
export function eventOf(id: string, data: string): string {
  return `id: ${id}\ndata: ${data}\n\n`;
}
