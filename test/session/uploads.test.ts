import { expect, it } from 'vitest';
import { Uploads } from '../../src/session/uploads.ts';
import type { NotificationMessage } from '../../src/wire/jsonrpc.ts';

it('Uploads keeps of an early cancel what a dead letter says, and nothing of its size', () => {
  const late: NotificationMessage[] = [];
  const uploads = new Uploads(2, (cancel) => late.push(cancel));
  const number = uploads.begin();
  const method = 'notifications/cancelled';
  const params = { requestId: 1, reason: 'x'.repeat(1000) };
  expect(uploads.hold(1, { jsonrpc: '2.0', method, params }, undefined)).toBe(true);
  uploads.end(number);
  expect(late).toEqual([{ jsonrpc: '2.0', method }]);
});
