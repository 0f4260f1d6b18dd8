import assert from 'node:assert/strict';
import { assertApart, assertNobodyElse } from './assertions.ts';
import { User } from './user.ts';

const YES = { action: 'accept', content: { sure: true } };
const NO = { action: 'decline' };

/** Two users at once do what the page does, and try what it never would. */
export async function check(url: string): Promise<void> {
  const users = await Promise.all([User.open(url, 'alice'), User.open(url, 'bob')]);
  const [alice, bob] = users;

  // The same calls at the same time, each to servers of their own.
  await Promise.all(users.map((user) => user.call('notes', 'add', { text: `by ${user.name}` })));
  const lists = await Promise.all(users.map((user) => user.call('notes', 'list')));
  assert.deepEqual(lists, ['by alice', 'by bob']);
  const echoes = await Promise.all(
    users.map((user) => user.call('everything', 'echo', { message: user.name })),
  );
  assert.deepEqual(echoes, ['Echo: alice', 'Echo: bob']);

  // Both are asked. Each can answer its own question, and no other.
  const cleared = Promise.all(users.map((user) => user.call('notes', 'clear')));
  const [hers, his] = await Promise.all(users.map(({ events }) => events.until('question')));
  assert.equal(await bob.answer(hers?.['id'], YES), 404);
  assert.equal(await alice.answer(his?.['id'], YES), 404);
  assert.equal(await alice.answer(hers?.['id'], { action: 'obey' }), 400);
  assert.equal(await alice.answer(hers?.['id'], YES), 204);
  assert.equal(await bob.answer(his?.['id'], NO), 204);
  assert.deepEqual(await cleared, ['Forgot them.', 'Kept them.']);

  await assertNobodyElse(alice);
  await alice.post('/leave', {});
  await alice.events.ended;
  assert.equal(await bob.call('notes', 'list'), 'by bob');
  assertApart(alice, bob);
  console.log('Two users, two sets of servers, and nothing crossed');
}
