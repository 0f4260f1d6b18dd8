import { memoryCluster } from 'mcp-actors/cluster';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Hook } from '../support/fakeServer.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { turn } from '../support/eventually.ts';
import { moved } from '../support/left.ts';
import type { Reply, Rpc } from '../support/reply.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { answerOf, WireClient } from '../support/wireClient.ts';

/** `hold` asks its client, and is answered with what the client says. */
const asking: Hook = (message, server) => {
  if ('method' in message && message.method === 'hold') {
    server.ask(7, 'elicitation/create', server.idOf('hold'));
  }
  if (!('method' in message) && 'result' in message) {
    server.answer(server.idOf('hold'), { said: message.result });
  }
  return undefined;
};

const isAsked = ({ method }: Rpc): boolean => method === 'elicitation/create';

async function questionIn(reply: Reply): Promise<Rpc> {
  await reply.until(({ messages }) => messages.some(isAsked));
  return reply.messages.find(isAsked)!;
}

/** Lets `ms` pass, and all that follows. */
async function pass(clock: VirtualClock, ms: number): Promise<void> {
  for (let at = 0; at < ms; at += 10) {
    await clock.elapse(10);
    for (let i = 0; i < 4; i++) await turn();
  }
}

describe('a session that ends lets in what its work in flight waits for', () => {
  it('the answer to a question, so that its call is answered in the drain', async () => {
    const world = new FakeRuntime({ hook: asking });
    const client = await world.open();
    const call = client.request('hold');
    const reply = await call;
    const question = await questionIn(reply);
    const drained = world.runtime.drain({ deadlineMs: 5000 });
    expect((await client.respond(question.id, { yes: true })).status).toBe(202);
    expect(answerOf(await reply.whole()).result).toEqual({ said: { yes: true } });
    expect(await drained).toMatchObject({ settled: 1, cut: 0 });
  });

  it('a cancel: the drain does not wait for what nobody waits for', async () => {
    const world = new FakeRuntime();
    const client = await world.open();
    const controller = new AbortController();
    const call = client.post({ jsonrpc: '2.0', id: 9, method: 'hold' }, {}, controller.signal);
    await turn();
    const drained = world.runtime.drain({ deadlineMs: 5000 });
    await client.notify('notifications/cancelled', { requestId: 9 });
    await drained;
    expect(world.server.methods.at(-1)).toBe('notifications/cancelled');
    await (await call).whole();
  });

  it('and nothing else: no request, no other notification, nothing of another principal', async () => {
    const world = new FakeRuntime({ hook: asking });
    const client = await world.open('ann');
    const reply = await client.request('hold');
    const question = await questionIn(reply);
    const drained = world.runtime.drain({ deadlineMs: 100 });
    const bob = await moved(client, world, 'bob');
    const refused = [
      await client.request('tools/list'),
      await client.notify('notifications/roots/list_changed'),
      await bob.respond(question.id),
    ];
    expect(refused.map(({ status }) => status)).toEqual([404, 404, 404]);
    await world.clock.elapse(200);
    await drained;
    await reply.whole();
  });
});

describe('a session that ends in a process of a cluster', () => {
  it('is answered by way of another process, and what comes meanwhile waits for the next owner', async () => {
    const clock = new VirtualClock();
    const cluster = memoryCluster({ secret: 'x'.repeat(32), clock, leaseMs: 3000 });
    const one = new FakeRuntime({ clock, cluster: cluster.node('one'), hook: asking });
    const two = new FakeRuntime({ clock, cluster: cluster.node('two'), hook: asking });
    onTestFinished(async () => {
      await Promise.all([one.runtime.close(), two.runtime.close(), pass(clock, 6000)]);
    });
    await pass(clock, 100);
    const opening = one.open();
    await pass(clock, 100);
    const client = await opening;
    const other = await WireClient.of(two.runtime);
    other.id = client.id;
    const reply = await client.request('hold');
    const question = await questionIn(reply);

    const drained = one.runtime.drain({ deadlineMs: 20_000 });
    const list = other.call('tools/list');
    // Longer than a request is sent from one process to the other without an answer.
    await pass(clock, 4000);
    const answered = other.respond(question.id, { yes: true });
    await pass(clock, 3000);
    expect((await answered).status).toBe(202);
    expect(answerOf(await reply.whole()).result).toEqual({ said: { yes: true } });
    expect((await list).result).toMatchObject({ method: 'tools/list' });
    expect(await drained).toMatchObject({ cut: 0 });
    expect(two.runtime.stats().sessions.total).toBe(1);
  });
});
