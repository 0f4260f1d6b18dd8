import assert from 'node:assert/strict';
import { host } from './host.ts';
import type { User } from './user.ts';

/** No cookie, a forged one, a page of another origin: nobody else gets into this user's scope. */
export async function assertNobodyElse(user: User): Promise<void> {
  const list = { server: 'notes', tool: 'list', args: {} };
  const status = async (headers: Record<string, string>): Promise<number> =>
    (await user.post('/call', list, headers)).status;
  assert.equal(await status({}), 200);
  assert.equal(await status({ cookie: '' }), 404);
  assert.equal(await status({ cookie: `${user.cookie.slice(0, -10)}AAAAAAAAAA` }), 404);
  assert.equal(await status({ origin: 'http://evil.example' }), 403);
}

/** Whatever either of them was told was its own. */
export function assertApart(alice: User, bob: User): void {
  assert.notEqual(alice.cookie, bob.cookie);
  for (const [user, other] of [
    [alice, bob],
    [bob, alice],
  ] as const) {
    assert.ok(user.events.text.includes(user.name));
    assert.ok(!user.events.text.includes(other.name), `${user.name} heard of ${other.name}`);
  }
  assert.equal(host.stats().spawned, 2);
}
