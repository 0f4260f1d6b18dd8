import { describe, expect, it } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { headed, HandleWorld } from '../support/handleWorld.ts';
import { ModernClient, textOf } from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';

const YES = { action: 'accept', content: { ok: true } };

describe('M-R13: answers that nobody asked for', () => {
  it('to the questions of another call are ignored: that call is asked for its own', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const [first, second] = [await ann.call('keyed'), await ann.call('ask', { q: 'Go?' })];
    const requestState = first.result?.['requestState'];
    const foreign = { requestState, inputResponses: { input_1: YES, three: YES } };
    const again = await ann.call('keyed', {}, foreign);
    expect(Object.keys(again.result!['inputRequests'] as object)).toEqual(['one', 'two']);
    const own = { requestState: second.result?.['requestState'], inputResponses: { input_1: YES } };
    expect(textOf(await ann.call('ask', { q: 'Go?' }, own))).toBe('Go?: accept');
  });

  it('ten thousand of them harm nobody', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const { result } = await ann.call('ask', { q: 'Go?' });
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, 1]));
    const inputResponses = { ...many, input_1: YES };
    const more = { requestState: result?.['requestState'], inputResponses };
    expect(textOf(await ann.call('ask', { q: 'Go?' }, more))).toBe('Go?: accept');
  });

  it('of 4 MiB are refused as any body is', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const { result } = await ann.call('ask', { q: 'Go?' });
    const params = {
      name: 'ask',
      arguments: { q: 'Go?' },
      requestState: result?.['requestState'],
      inputResponses: { input_1: { ...YES, content: { text: 'x'.repeat(4 * 2 ** 20) } } },
    };
    expect((await (await ann.send('tools/call', params)).whole()).status).toBe(413);
    // And the call waits as before.
    expect(world.runtime.calls()).toMatchObject([{ state: 'parked' }]);
  });
});

/** The status and the code of an answer to who asks which revisions there are. */
async function probe(world: ModernWorld): Promise<[number, unknown]> {
  const client = await world.client('ann');
  const reply = await (await client.send('server/discover')).whole();
  return [reply.status, reply.message.error?.data?.['code']];
}

describe('M-D1: a probe', () => {
  it('is answered while the runtime drains, is full, and has a store that is down', async () => {
    const modern = { prefer: 'stateless' } as const;
    const draining = new ModernWorld({ modern });
    await draining.runtime.drain({ deadlineMs: 0 });
    expect(await probe(draining)).toEqual([503, 'draining']);

    const full = new ModernWorld({ modern, maxSessions: 1 });
    void (await full.client('bob')).call('hold');
    await full.settle();
    expect(await probe(full)).toEqual([503, 'at-capacity']);

    const store = new DurableMemory();
    store.trouble = 'fails';
    expect((await probe(new ModernWorld({ modern, store })))[0]).toBe(503);
  });

  it('is no business of a session: prefer sessions answers as any server with sessions', async () => {
    expect(await probe(new ModernWorld())).toEqual([400, 'session-missing']);
  });
});

describe('M-A3, M-A4: whoever guesses', () => {
  it('finds nothing: an id with a letter changed, cut, or longer is nobody’s, in one text', async () => {
    const world = new HandleWorld();
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    const guesses = Array.from(page, (letter, i) => {
      const other = letter === 'a' ? 'b' : 'a';
      return page.slice(0, i) + other + page.slice(i + 1);
    });
    const texts = new Set<string>();
    for (const guess of [...guesses, page.slice(1), `${page}a`, page.toUpperCase()]) {
      texts.add(await ann('where', { page: guess }));
    }
    expect([...texts]).toEqual([expect.stringContaining('There is no such page') as string]);
    expect(world.runtime.handles()).toHaveLength(1);
  });

  it('learns no more of an argument that names a session', async () => {
    const world = new ModernWorld();
    const nobody = await world.client();
    const named = (await nobody.call('count')).result?.['_meta'] as Record<string, string>;
    const session = named['mcp-actors/session']!;
    const texts = new Set<string | undefined>();
    for (const guess of [session.slice(1), `${session}x`, 'unknown', '__proto__', 'constructor']) {
      const how = { headers: { 'mcp-param-session': guess } };
      texts.add(textOf(await nobody.call('count', { session: guess }, {}, how)));
      texts.add(textOf(await nobody.as('ann').call('who', { session }, {}, how)));
    }
    expect([...texts].filter((text) => text?.includes('There is no such session'))).toHaveLength(1);
  });
});

describe('M-H6: the header of a handle', () => {
  it.each([
    ['another id', 'x'.repeat(26)],
    ['none', undefined],
    ['bad base64', '=?base64?***?='],
  ])('that says %s is refused before the tool runs', async (_, said) => {
    const world = new HandleWorld();
    const ann = await world.modern('ann');
    const page = await ann('create_page');
    const client = await ModernClient.in(world.runtime, 'ann');
    await client.call('where', { page }, {}, headed({ page }));
    const how = { headers: { 'mcp-param-page': said } };
    const refused = await client.call('visit', { page, url: 'https://never' }, {}, how);
    expect(refused.error).toMatchObject({ code: -32020 });
    expect(await ann('where', { page })).toBe('about:blank -');
  });
});
