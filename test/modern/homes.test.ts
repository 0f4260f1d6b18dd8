import { describe, expect, it } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { eventually } from '../support/eventually.ts';
import { textOf } from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';
import { WireClient } from '../support/wireClient.ts';

const sessionOf = (answer: { result?: Record<string, unknown> }): string | undefined =>
  (answer.result?.['_meta'] as Record<string, string> | undefined)?.['mcp-actors/session'];
const named = (session: string, tool = 'count') =>
  [tool, { session }, {}, { headers: { 'mcp-param-session': session } }] as const;

describe('scope principal', () => {
  it('is one session for all requests of a principal, and no other', async () => {
    const world = new ModernWorld();
    const [ann, bob] = [await world.client('ann'), await world.client('bob')];
    const counts = [];
    for (const client of [ann, ann, bob, ann]) counts.push(textOf(await client.call('count')));
    expect(counts).toEqual(['1', '2', '1', '3']);
    expect(world.built).toBe(2);
    expect(textOf(await ann.call('who'))).toBe('ann modern ann');
  });

  it('builds one server for sixty first requests at once', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const answers = await Promise.all(Array.from({ length: 60 }, () => ann.call('count')));
    const counts = answers.map((answer) => Number(textOf(answer)));
    expect(counts.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(world.built).toBe(1);
  });

  it('sleeps as any session, and goes on with its state', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    await ann.call('count');
    const view = { era: 'modern', scope: 'principal', protocolVersion: '2026-07-28' };
    expect((await world.runtime.list()).sessions).toMatchObject([{ ...view, state: 'active' }]);
    await world.settle(10 * 60_000);
    expect(world.runtime.stats().sessions).toMatchObject({ asleep: 1, total: 1 });
    expect((await world.runtime.list()).sessions).toMatchObject([
      { ...view, state: 'idle.asleep' },
    ]);
    expect(textOf(await ann.call('count'))).toBe('2');
    expect(world.built).toBe(2);
  });

  it('begins anew after its end, under the same name', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const ended = [];
    for (let i = 0; i < 3; i++) {
      await ann.call('count');
      ended.push(await world.runtime.evictPrincipal('ann'));
    }
    expect(ended).toEqual([1, 1, 1]);
    expect(textOf(await ann.call('count'))).toBe('1');
    // Asked for while the last one is still ending.
    const ending = world.runtime.evictPrincipal('ann');
    const next = await ann.call('count');
    await ending;
    expect(textOf(next)).toBe('1');
  });

  it('outlives its process in a durable store', async () => {
    const store = new DurableMemory();
    const first = new ModernWorld({ store });
    await (await first.client('ann')).call('count');
    await first.settle(500);
    await first.runtime.drain({ deadlineMs: 1000 });
    await first.runtime.close();
    const second = new ModernWorld({ store });
    const ann = await second.client('ann');
    expect(textOf(await ann.call('count'))).toBe('2');
    expect(textOf(await (await second.client('bob')).call('count'))).toBe('1');
  });

  it('M-S2: is found by no session id, and a session is found by no argument', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    await ann.call('count');
    const { sessions } = await world.runtime.list();
    const legacy = new WireClient(ann.door, { headers: { 'x-user': 'ann' } });
    legacy.id = sessions[0]!.id;
    expect((await (await legacy.request('ping')).whole()).status).toBe(404);
    legacy.id = undefined;
    await legacy.shake();
    const anonymous = new WireClient(ann.door);
    await anonymous.shake();
    const answer = await ann.as(undefined).call(...named(anonymous.id!));
    expect(answer.result).toMatchObject({ isError: true });
  });

  it('M-S1: ignores a session id, whoever it is of', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const bob = new WireClient(ann.door, { headers: { 'x-user': 'bob' } });
    await bob.shake();
    const headers = { 'mcp-session-id': bob.id! };
    expect(textOf(await ann.call('who', {}, {}, { headers }))).toBe('ann modern ann');
  });
});

describe('scope argument', () => {
  it('names the session that a call has touched, and goes on with it', async () => {
    const world = new ModernWorld();
    const client = await world.client();
    const first = await client.call('count');
    const id = sessionOf(first)!;
    expect(first.result?.['content']).toHaveLength(2);
    const second = await client.call(...named(id));
    expect([textOf(second), sessionOf(second)]).toEqual(['2', undefined]);
    expect(world.runtime.stats().sessions.total).toBe(1);
  });

  it('keeps nothing of a call that touched nothing', async () => {
    const world = new ModernWorld();
    const client = await world.client();
    expect(sessionOf(await client.call('who'))).toBeUndefined();
    await world.settle();
    expect(world.runtime.stats()).toMatchObject({
      sessions: { total: 0 },
      modern: { forgotten: 0 },
    });
  });

  it('M-A1: an id that is unknown, expired or of another caller gets one answer', async () => {
    const world = new ModernWorld({ modern: { scope: 'argument' } });
    const client = await world.client();
    const [own, expired] = [
      sessionOf(await client.call('count'))!,
      sessionOf(await client.call('count'))!,
    ];
    const answers = [
      await client.call(...named('nobody')),
      await client.as('ann').call(...named(own)),
      await client.call(...named('__proto__')),
    ];
    await world.settle(60 * 60_000);
    answers.push(await client.call(...named(expired)));
    const texts = new Set(answers.map(({ result }) => JSON.stringify(result)));
    expect(texts.size).toBe(1);
    expect([...texts][0]).toContain('There is no such session');
  });

  it('adds its argument to the tools, under a name that is free', async () => {
    const world = new ModernWorld({ modern: { scope: 'argument', argument: 'q' } });
    const client = await world.client();
    const { result } = await client.ask('tools/list');
    const tools = result?.['tools'] as {
      name: string;
      inputSchema: { properties: object; required?: string[] };
    }[];
    for (const { inputSchema } of tools) expect(inputSchema.properties).toHaveProperty('q_2');
    expect(tools.find(({ name }) => name === 'ask')?.inputSchema.required).toEqual(['q']);
    const answer = await client.call('ask', { q: 'hm', q_2: '' });
    expect(answer.result).toMatchObject({ resultType: 'input_required' });
  });

  it('M-H6: has its argument in a header as well', async () => {
    const world = new ModernWorld();
    const client = await world.client();
    const id = sessionOf(await client.call('count'))!;
    for (const headers of [{}, { 'mcp-param-session': 'other' }]) {
      const reply = await client.send(
        'tools/call',
        { name: 'count', arguments: { session: id } },
        { headers },
      );
      expect([reply.status, (await reply.whole()).message.error?.code]).toEqual([400, -32020]);
    }
  });
});

describe('other scopes', () => {
  it('request: nothing stays, and what was put there is announced as forgotten', async () => {
    const world = new ModernWorld({ modern: { scope: 'request' } });
    const forgotten = world.record('session.forgotten');
    const ann = await world.client('ann');
    expect([textOf(await ann.call('count')), textOf(await ann.call('count'))]).toEqual(['1', '1']);
    await world.settle();
    expect(world.runtime.stats().sessions.total).toBe(0);
    expect(forgotten).toMatchObject([{ what: 'state' }, { what: 'state' }]);
    expect(world.runtime.stats().modern.forgotten).toBe(2);
  });

  it('shared: one for everybody, with the own answers of each (M-A6)', async () => {
    const world = new ModernWorld({ modern: { scope: 'shared' } });
    const ann = await world.client('ann');
    const asks = Array.from({ length: 200 }, async (_, i) => {
      const client = i % 2 === 0 ? ann : ann.as('bob');
      const how = { id: 7, meta: { progressToken: 'same' } };
      const reply = await client.send(
        'tools/call',
        { name: 'mine', arguments: { word: `w${i}` } },
        how,
      );
      const { messages } = await reply.whole();
      return messages.map(({ params, result, id }) =>
        params === undefined ? [id, textOf({ result: result! })] : params['message'],
      );
    });
    const all = await Promise.all(asks);
    all.forEach((heard, i) => expect(heard).toEqual([`w${i}`, `w${i}`, `w${i}`, [7, `w${i}`]]));
    expect(world.built).toBe(1);
  });

  it('a function: what it names, among the requests of one principal', async () => {
    const world = new ModernWorld({
      modern: { scope: ({ meta }) => meta['conversation'] as string | undefined },
    });
    const ann = await world.client('ann');
    const count = async (client: typeof ann, conversation?: string) =>
      textOf(await client.call('count', {}, {}, { meta: { conversation } }));
    const counts = [
      await count(ann, 'a'),
      await count(ann, 'a'),
      await count(ann, 'b'),
      await count(ann.as('bob'), 'a'),
      await count(ann),
      await count(ann),
    ];
    expect(counts).toEqual(['1', '2', '1', '1', '1', '1']);
  });

  it('a function that throws ends the request, and nothing else', async () => {
    const world = new ModernWorld({
      modern: {
        scope: () => {
          throw new Error('no scope');
        },
      },
    });
    const failed = world.record('endpoint.failed');
    const reply = await (await (await world.client()).send('tools/list')).whole();
    expect([reply.status, failed.length]).toEqual([500, 1]);
  });
});

async function statusOf(modern: object): Promise<number> {
  const world = new ModernWorld({ modern });
  return (await (await world.client()).send('server/discover')).status;
}

describe('the door', () => {
  it('M-C1: a closed response is a cancel', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    await ann.call('count');
    const leaving = new AbortController();
    const reply = ann.send(
      'tools/call',
      { name: 'hold', arguments: {} },
      { signal: leaving.signal },
    );
    reply.catch(() => {});
    await eventually(() => world.runtime.stats().inFlight === 1);
    leaving.abort();
    await eventually(() => world.asked.stopped === 1);
    expect(world.runtime.stats().inFlight).toBe(0);
    expect(textOf(await ann.call('count'))).toBe('2');
  });

  it('checks the headers that a tool declares', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const ask = (headers: Record<string, string>) =>
      ann.send('tools/call', { name: 'region', arguments: { region: 'grün' } }, { headers });
    const coded = `=?base64?${Buffer.from('grün').toString('base64')}?=`;
    const statuses = [];
    for (const value of [undefined, 'rot', '=?base64?%?=', coded]) {
      statuses.push((await ask(value === undefined ? {} : { 'mcp-param-region': value })).status);
    }
    expect(statuses).toEqual([400, 400, 400, 200]);
  });

  it('sends logs to a client that wants them, and to no other', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const heard = async (level?: string): Promise<number> => {
      const meta = level === undefined ? {} : { 'io.modelcontextprotocol/logLevel': level };
      const reply = await ann.send('tools/call', { name: 'log', arguments: {} }, { meta });
      return (await reply.whole()).messages.length;
    };
    expect([await heard(), await heard('error'), await heard('info')]).toEqual([1, 1, 2]);
  });

  it('prefers sessions where a client of both eras asks, unless it is told otherwise', async () => {
    expect(await Promise.all([{}, { prefer: 'stateless' }, { only: true }].map(statusOf))).toEqual([
      400, 200, 200,
    ]);
  });

  it('serves no session where it is the only one', async () => {
    const world = new ModernWorld({ modern: { only: true } });
    const client = await world.client('ann');
    const legacy = new WireClient(client.door);
    const refused = await (await legacy.initialize()).whole();
    expect(refused.message.error).toMatchObject({
      code: -32022,
      data: { supported: ['2026-07-28'] },
    });
    expect((await legacy.notify('notifications/initialized')).status).toBe(202);
    expect((await legacy.get()).status).toBe(405);
    expect(textOf(await client.call('count'))).toBe('1');
  });

  it('is as before where it is off', async () => {
    const world = new ModernWorld({ modern: false });
    const reply = await (await (await world.client()).send('tools/list')).whole();
    expect(reply.message.error).toMatchObject({ code: -32022 });
    expect(reply.message.error?.data?.['supported']).not.toContain('2026-07-28');
  });

  it('takes a long body of anybody, within the budget of all', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const answer = await ann.call('ask', { q: 'x'.repeat(200_000) });
    expect(answer.result).toMatchObject({ resultType: 'input_required' });
  });

  it('begins no session while the event loop is late, and serves those there are', async () => {
    let report: ((delayMs: number) => void) | undefined;
    const watch = (listener: (delayMs: number) => void) => {
      report = listener;
      return () => {};
    };
    const world = new ModernWorld({ loopMonitor: { watch } });
    const ann = await world.client('ann');
    await ann.call('count');
    for (let i = 0; i < 2; i++) report?.(10_000);
    expect((await ann.as('bob').send('tools/list')).status).toBe(503);
    expect(textOf(await ann.call('count'))).toBe('2');
    expect(world.runtime.stats().limits).toEqual({ maxLoopDelayMs: 1 });
  });

  it('refuses in a drain, and is over at its end', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    await ann.call('count');
    const drained = world.runtime.drain({ deadlineMs: 100 });
    expect((await ann.send('tools/list')).status).toBe(503);
    await world.settle(100);
    expect(await drained).toMatchObject({ sessions: 1, cut: 0 });
  });
});
