import { expect, it } from 'vitest';
import { targetOf } from '../../src/events/targetOf.ts';
import { callViewOf, type ViewedCall } from '../../src/modern/callView.ts';
import { clientOf } from '../../src/watch/inspector/names.ts';
import { cut } from '../../src/base/cut.ts';
import { collect } from '../support/garbage.ts';

const LONG = 1024 * 1024;
const MANY = 64;

/** A long text of its own each time, as a message from the wire brings it. */
const longText = (): string => JSON.parse(`"${'a'.repeat(LONG)}"`) as string;

it.each([
  ['shorter', 'abc', 'abc'],
  ['as long', 'abcd', 'abcd'],
  ['longer', 'abcdef', 'abcd'],
  ['of other alphabets', 'äöü😀', 'äöü\ud83d'],
])('cuts a text that is %s', (_, text, beginning) => {
  expect(cut(text, 4)).toBe(beginning);
});

const call = (name: string): ViewedCall => ({
  innerId: 1,
  home: { session: { key: 'key' } },
  principal: undefined,
  method: 'tools/call',
  params: { name },
  state: 'running.working',
  round: 1,
  startedAt: 0,
  inputRequests: {},
});

it.each([
  ['cut text', (text: string) => cut(text, 100)],
  ['target of a message', (name: string) => targetOf({ method: 'tools/call', params: { name } })],
  ['resource of one', (uri: string) => targetOf({ method: 'resources/read', params: { uri } })],
  [
    'resource with a query',
    (query: string) =>
      targetOf({ method: 'resources/read', params: { uri: `https://u@host/path/of/it?${query}` } }),
  ],
  ['view of a call', (name: string) => callViewOf(call(name), () => '', undefined).name],
  ['client of a session', (name: string) => clientOf({ name, version: '1' })],
])('the %s holds no more of a long text than is seen', async (_, make) => {
  await collect();
  const before = process.memoryUsage().heapUsed;
  const kept: unknown[] = [];
  for (let i = 0; i < MANY; i++) kept.push(make(longText()));
  await collect();
  const held = process.memoryUsage().heapUsed - before;
  expect(kept).toHaveLength(MANY);
  expect(held).toBeLessThan((MANY * LONG) / 8);
});
