import { McpServer } from '../support/eitherSdk.ts';
import { describe, expect, it } from 'vitest';
import { eventually, turn } from '../support/eventually.ts';
import { type ModernAsk, type ModernClient, textOf } from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';
import type { Rpc } from '../support/reply.ts';

type Params = Readonly<Record<string, unknown>>;

const YES = { action: 'accept', content: { ok: true } };
const FORM = { type: 'object' as const, properties: {} };
const SECRET = 'thirty-two characters or more of it';

const stateOf = ({ result }: Rpc): string => String(result?.['requestState']);
const keysOf = ({ result }: Rpc): string[] => Object.keys(result?.['inputRequests'] ?? {});

/** Asks, and is parked. */
async function park(client: ModernClient, how?: ModernAsk): Promise<string> {
  const answer = await client.call('ask', { q: 'Go?' }, {}, how);
  expect(answer.result).toMatchObject({ resultType: 'input_required' });
  return stateOf(answer);
}

/** Comes back with an answer. */
function retry(client: ModernClient, requestState: string, more: Params = {}): Promise<Rpc> {
  return client.call(
    'ask',
    { q: 'Go?' },
    { requestState, inputResponses: { input_1: YES }, ...more },
  );
}

/** A world with one tool, which does what a test says. */
async function asking(
  handler: (server: McpServer) => Promise<string>,
  modern: object = {},
  secret?: string,
) {
  const world = new ModernWorld({
    modern,
    ...(secret !== undefined && { secret }),
    server(session) {
      const server = new McpServer({ name: 'asks', version: '1' }, session.serverOptions);
      server.registerTool('ask', { inputSchema: {} }, async () => ({
        content: [{ type: 'text', text: await handler(server) }],
      }));
      return server;
    },
  });
  return { world, ann: await world.client('ann') };
}

async function twice(server: McpServer): Promise<string> {
  await server.server.elicitInput({ message: 'One?', requestedSchema: FORM });
  await server.server.elicitInput({ message: 'Two?', requestedSchema: FORM });
  return 'asked';
}

const invalid = { code: -32602, message: 'Invalid or expired requestState' };

describe('a parked call', () => {
  it('goes on with the answers that its client comes back with, once', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const state = await park(ann);
    expect(world.runtime.stats().sessions.active).toBe(1);
    const answer = await retry(ann, state);
    expect([textOf(answer), answer.result?.['resultType']]).toEqual(['Go?: accept', 'complete']);
    expect((await retry(ann, state)).error).toMatchObject(invalid);
    expect(world.asked.done).toBe(1);
    expect(world.runtime.stats()).toMatchObject({
      inFlight: 0,
      modern: { parked: 1, claimed: 1, invalidStates: 1 },
    });
  });

  it('is listed while it waits, without its arguments', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const state = await park(ann);
    const calls = world.runtime.calls();
    expect(calls).toMatchObject([
      { name: 'ask', state: 'parked', round: 0, questions: ['elicitation/create'] },
    ]);
    expect(calls[0]!.deadline).toBeGreaterThan(calls[0]!.since);
    expect(JSON.stringify(calls)).not.toContain('Go?');
    await retry(ann, state);
    expect(world.runtime.calls()).toEqual([]);
  });

  it('M-R10: of a hundred retries at once, one goes on', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const state = await park(ann);
    const answers = await Promise.all(Array.from({ length: 100 }, () => retry(ann, state)));
    expect(answers.filter(({ result }) => result !== undefined)).toHaveLength(1);
    expect(world.asked.done).toBe(1);
  });

  it('M-R2: is claimed by nobody else, for nothing else, in no other round: the same bytes', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const state = await park(ann);
    const again = stateOf(await retry(ann, state, { inputResponses: {} }));
    const refused = [
      await retry(ann.as('bob'), again),
      await retry(ann.as(undefined), again),
      await ann.call('ask', { q: 'Else?' }, { requestState: again }),
      await ann.ask('prompts/get', { name: 'ask', requestState: again }),
      await retry(ann, state),
      await retry(ann, `${again}A`),
      await retry(ann, 'r1.AAAA'),
    ];
    const texts = new Set(refused.map(({ error }) => JSON.stringify(error)));
    expect(texts.size).toBe(1);
    expect(refused[0]!.error).toMatchObject(invalid);
    expect(textOf(await retry(ann, again))).toBe('Go?: accept');
  });

  it('is asked again for what is missing or malformed, under the same keys', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const first = await ann.call('keyed');
    expect(keysOf(first)).toEqual(['one', 'two']);
    const half = { one: YES, two: { nonsense: 1 }, three: YES, __proto__: YES };
    const second = await ann.call(
      'keyed',
      {},
      { requestState: stateOf(first), inputResponses: half },
    );
    expect(keysOf(second)).toEqual(['two']);
    const rest = { requestState: stateOf(second), inputResponses: { two: YES } };
    expect(textOf(await ann.call('keyed', {}, rest))).toBe('accept');
  });

  it('M-R14: takes no answer that came before a question without a name', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const early = { inputResponses: { input_1: YES, one: YES, two: YES } };
    expect((await ann.call('ask', { q: 'Go?' }, early)).result).toMatchObject({
      resultType: 'input_required',
    });
    // A question with a name of its author's may be answered in advance.
    expect(textOf(await ann.call('keyed', {}, early))).toBe('accept');
  });

  it('M-P2: is given up after parkMs: its handler is stopped, and nothing is left', async () => {
    const world = new ModernWorld({ modern: { parkMs: 60_000 } });
    const abandoned = world.record('call.abandoned');
    const ann = await world.client('ann');
    const state = await park(ann);
    await world.settle(61_000);
    expect([world.asked, abandoned.length]).toMatchObject([{ done: 0, stopped: 1 }, 1]);
    expect(world.runtime.stats()).toMatchObject({ inFlight: 0, modern: { abandoned: 1 } });
    const late = await retry(ann, state);
    expect(late.result).toMatchObject({ isError: true });
    expect(textOf(late)).toContain('Call the tool again');
    expect(world.runtime.stats().modern.lost).toBe(1);
  });

  it('M-P2: is given up, and its handler hears so from its question', async () => {
    const heard: unknown[] = [];
    const { world, ann } = await asking(
      async (server) => {
        await server.server
          .elicitInput({ message: 'Go?', requestedSchema: FORM })
          .catch((error: unknown) => heard.push(error));
        return 'never read';
      },
      { parkMs: 60_000 },
    );
    await ann.call('ask');
    await world.settle(61_000);
    expect(heard).toMatchObject([{ data: { code: 'call-lost' } }]);
  });

  it('is none where its question is withdrawn in the turn it was asked in', async () => {
    const { world, ann } = await asking(async (server) => {
      const leaving = new AbortController();
      const question = server.server.elicitInput(
        { message: 'Go?', requestedSchema: FORM },
        { signal: leaving.signal },
      );
      leaving.abort();
      await question.catch(() => {});
      for (let i = 0; i < 8; i++) await turn();
      return 'by itself';
    });
    const reply = await (await ann.send('tools/call', { name: 'ask', arguments: {} })).whole();
    expect([reply.isStream, reply.messages.length, textOf(reply.message)]).toEqual([
      false,
      1,
      'by itself',
    ]);
    expect(world.runtime.stats().modern.parked).toBe(0);
  });

  it('M-P1: is capped for each principal, and the handlers beyond hear an error', async () => {
    const world = new ModernWorld({ modern: { maxParkedPerPrincipal: 3, maxParkedAnonymous: 2 } });
    const ann = await world.client('ann');
    const flood = await Promise.all(
      Array.from({ length: 10 }, () => ann.call('ask', { q: 'Go?' })),
    );
    expect(flood.filter(({ result }) => result?.['resultType'] === 'input_required')).toHaveLength(
      3,
    );
    expect(flood.filter(({ result }) => result?.['isError'] === true)).toHaveLength(7);
    expect(world.runtime.stats().limits).toMatchObject({ maxParkedPerPrincipal: 7 });
    await park(ann.as('bob'));
    const strangers = await Promise.all(
      Array.from({ length: 4 }, () => ann.as(undefined).call('ask', { q: 'Go?' })),
    );
    expect(strangers.filter(({ result }) => result?.['isError'] === true)).toHaveLength(2);
  });

  it('is capped by bytes and rounds', async () => {
    const bytes = new ModernWorld({ modern: { maxParkedBytes: 1000 } });
    const long = await (await bytes.client('ann')).call('ask', { q: 'x'.repeat(2000) });
    expect([long.result?.['isError'], bytes.runtime.stats().limits['maxParkedBytes']]).toEqual([
      true,
      1,
    ]);
    const rounds = new ModernWorld({ modern: { maxRounds: 2 } });
    const ann = await rounds.client('ann');
    let state = await park(ann);
    state = stateOf(await retry(ann, state, { inputResponses: {} }));
    expect(textOf(await retry(ann, state))).toBe('Go?: accept');
  });

  it('is over with a question that JSON can not carry, and nothing waits', async () => {
    const { world, ann } = await asking(async (server) => {
      const asked = { message: 'Go?', requestedSchema: FORM, _meta: { count: 1n } };
      await server.server.elicitInput(asked);
      return 'never';
    });
    expect((await ann.call('ask')).result).toMatchObject({ isError: true });
    expect(world.runtime.stats()).toMatchObject({ inFlight: 0, modern: { parked: 0 } });
  });

  it.each([
    ['short', 'a short one', { result: { content: [{ text: 'a short one' }] } }],
    ['too long for maxParkedBytes', 'x'.repeat(5000), { error: { data: { code: 'call-lost' } } }],
  ])('keeps an answer that came without its client: one that is %s', async (_, said, told) => {
    let answer!: () => void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const { world, ann } = await asking(
      async (server) => {
        const question = server.server.elicitInput({ message: 'Go?', requestedSchema: FORM });
        question.catch(() => {});
        await Promise.race([question, answered]);
        return said;
      },
      { maxParkedBytes: 1000 },
    );
    const requestState = stateOf(await ann.call('ask'));
    answer();
    await world.settle();
    expect(world.runtime.stats().limits).toEqual(said.length > 1000 ? { maxParkedBytes: 1 } : {});
    expect(await ann.call('ask', {}, { requestState })).toMatchObject(told);
    await world.settle();
    expect(world.runtime.calls()).toEqual([]);
  });

  it('M-P4: takes no place of concurrency while it waits', async () => {
    const world = new ModernWorld({ concurrency: 1 });
    const ann = await world.client('ann');
    const state = await park(ann);
    expect(textOf(await ann.call('count'))).toBe('1');
    const leaving = new AbortController();
    const busy = ann.send(
      'tools/call',
      { name: 'hold', arguments: {} },
      { signal: leaving.signal },
    );
    busy.catch(() => {});
    await eventually(() => world.runtime.stats().inFlight === 2);
    const answer = retry(ann, state);
    await world.settle();
    expect(world.asked.done).toBe(0);
    leaving.abort();
    expect(textOf(await answer)).toBe('Go?: accept');
  });

  it('M-P3: keeps its session awake; a crash of its server is told to the retry', async () => {
    const world = new ModernWorld({ modern: { parkMs: 30 * 60_000 } });
    const ann = await world.client('ann');
    const state = await park(ann);
    await world.settle(20 * 60_000);
    expect(world.runtime.stats().sessions.active).toBe(1);
    await world.servers[0]!.close();
    await world.settle();
    expect((await retry(ann, state)).error?.data).toMatchObject({ code: 'session-ended' });
  });

  it('M-P3: is given up at once when the runtime drains', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    await park(ann);
    const drained = await world.runtime.drain({ deadlineMs: 60_000 });
    expect([drained.sessions, drained.cut, world.asked.stopped]).toEqual([1, 0, 1]);
  });

  it('M-C1: is stopped where the client closes the response it came back for', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    await ann.call('count');
    const leaving = new AbortController();
    const gone = ann.send(
      'tools/call',
      { name: 'hold', arguments: {} },
      { signal: leaving.signal },
    );
    gone.catch(() => {});
    await eventually(() => world.runtime.stats().inFlight === 1);
    leaving.abort();
    await eventually(() => world.asked.stopped === 1);
    expect(world.runtime.stats().inFlight).toBe(0);
  });

  it('says which capability it lacks, and copes where its handler does', async () => {
    const world = new ModernWorld();
    const ann = await world.client('ann');
    const reply = await ann.send(
      'tools/call',
      { name: 'ask', arguments: { q: 'x' } },
      { capabilities: {} },
    );
    const { error } = (await reply.whole()).message;
    expect([reply.status, error?.code]).toEqual([400, -32021]);
    expect(error?.data).toMatchObject({ requiredCapabilities: { elicitation: {} } });
    const url = await ann.call(
      'ask',
      { q: 'x' },
      {},
      { capabilities: { elicitation: { url: {} } } },
    );
    expect(url.error?.data).toMatchObject({ requiredCapabilities: { elicitation: { form: {} } } });
  });
});

/** A call parked in one process, and another process on the same URL. */
const processes = async (modern: object, secret?: string) => {
  const options = { modern, ...(secret !== undefined && { secret }) };
  const [first, second] = [new ModernWorld(options), new ModernWorld(options)];
  return {
    state: await park(await first.client('ann')),
    second,
    ann: await second.client('ann'),
  };
};

describe('M-R11: a call of another process', () => {
  it('is nothing to one with another secret', async () => {
    const { state, ann } = await processes({});
    expect((await retry(ann, state)).error).toMatchObject(invalid);
  });

  it('is lost to one with the same secret', async () => {
    const { state, ann, second } = await processes({}, SECRET);
    expect((await retry(ann, state)).result).toMatchObject({ isError: true });
    expect(second.runtime.stats().modern.lost).toBe(1);
  });

  it('is run again there, with the answers so far, where that is asked for', async () => {
    const { state, ann, second } = await processes({ onLostCall: 'rerun' }, SECRET);
    expect(textOf(await retry(ann, state))).toBe('Go?: accept');
    expect(second.runtime.stats().modern.rerun).toBe(1);
  });

  it('is lost there where the answers so far are more than a token carries', async () => {
    const ends = [];
    for (const length of [1000, 40_000]) {
      const modern = { onLostCall: 'rerun' } as const;
      const [first, second] = [
        await asking(twice, modern, SECRET),
        await asking(twice, modern, SECRET),
      ];
      const long = { action: 'accept', content: { text: 'x'.repeat(length) } };
      let more: Params = { requestState: stateOf(await first.ann.call('ask')) };
      more = { ...more, inputResponses: { input_1: long } };
      const requestState = stateOf(await first.ann.call('ask', {}, more));
      more = { requestState, inputResponses: { input_2: YES } };
      ends.push((await second.ann.call('ask', {}, more)).result?.['isError'] ?? false);
    }
    expect(ends).toEqual([false, true]);
  });

  it('takes no short secret, and says nothing of it', () => {
    expect(() => new ModernWorld({ secret: 'short' })).toThrow('32 characters');
    expect(() => new ModernWorld({ secret: 'short' })).not.toThrow('short');
  });
});
