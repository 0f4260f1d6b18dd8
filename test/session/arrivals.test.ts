import { expect, it } from 'vitest';
import { Arrivals } from '../../src/session/arrivals.ts';
import type { NotificationMessage } from '../../src/wire/jsonrpc.ts';

it('Arrivals keeps of an overtaking cancel what a dead letter says, and nothing of its size', () => {
  const late: NotificationMessage[] = [];
  const arrivals = new Arrivals({
    services: { limits: { maxInFlight: 2 } },
    journal: { deadLetter: (_way: string, cancel: NotificationMessage) => late.push(cancel) },
    world: { early: undefined, heldUp: () => undefined },
  } as never);
  const number = arrivals.upload();
  const method = 'notifications/cancelled';
  const params = { requestId: 1, reason: 'x'.repeat(1000) };
  expect(arrivals.hold(1, { jsonrpc: '2.0', method, params }, undefined)).toBe(true);
  arrivals.uploaded(number);
  expect(late).toEqual([{ jsonrpc: '2.0', method }]);
  expect(arrivals.isEmpty).toBe(true);
});
