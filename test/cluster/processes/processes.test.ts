import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NodeProgram } from '../../clusterDemo/nodeProgram.ts';
import { findRedisServer } from '../../clusterDemo/redisProcess.ts';
import { Caller } from './caller.ts';
import { eventually } from '../../support/eventually.ts';
import { LEASE_MS, Rig, SLACK_MS, timed } from './rig.ts';

let program: NodeProgram;
beforeAll(async () => void (program = await NodeProgram.make()));
afterAll(() => program.remove());

/** Two processes or three; the session is the first one's. */
async function setUp(
  ...of: Parameters<typeof Rig.start> extends [unknown, ...infer R] ? R : never
) {
  const rig = await Rig.start(program, ...of);
  const [first, second, third] = rig.nodes as [Node, Node, Node];
  const caller = await Caller.open(first);
  await caller.write(first, 'one');
  return { rig, first, second, third, caller };
}
type Node = Rig['nodes'][number];

const AOF = ['--appendonly', 'yes', '--appendfsync', 'everysec'];
const code = (text: string): unknown => expect.objectContaining({ data: { code: text } });

describe.skipIf(findRedisServer() === undefined)('processes of a cluster', () => {
  it('1: a request that comes to another process is answered by the owner', async () => {
    const { caller, second } = await setUp(2);
    expect(await caller.write(second, 'two')).toEqual({ by: 'n1', lines: ['one', 'two'] });
  });

  it('2: an owner killed before a call: it begins at the next one when the lease is over', async () => {
    const { caller, first, second } = await setUp(2);
    await first.end('SIGKILL');
    const [written, ms] = await timed(caller.write(second, 'two'));
    expect(written).toEqual({ by: 'n2', lines: ['one', 'two'] });
    expect(ms).toBeLessThan(LEASE_MS + 1000 + SLACK_MS);
  });

  it('3: an owner killed in a call that streams: the same response ends with one clear error', async () => {
    const { caller, first, second } = await setUp(2);
    const work = await caller.begin(second, 'work', 'long');
    await work.message('notifications/progress');
    await first.end('SIGKILL');
    const [answer, ms] = await timed(work.answer());
    expect(answer!.error).toEqual(code('session-restarted'));
    expect(ms).toBeLessThan(LEASE_MS + 1000 + SLACK_MS);
    expect((await caller.write(second, 'two')).lines).toEqual(['one', 'two']);
  });

  it('5: the process of a client killed: its stream is resumed at any other, without a loss', async () => {
    const { caller, second, third } = await setUp(3);
    const work = await caller.begin(second, 'work', 'long');
    await work.message('notifications/progress');
    await second.end('SIGKILL');
    await work.over;
    const rest = await caller.resume(third, work.lastEventId!);
    expect((await rest.answer())!.result).toMatchObject({ content: [{ text: 'long, done' }] });
    const steps = [...work.messages, ...rest.messages].flatMap(
      ({ params }) => params?.['progress'],
    );
    expect(steps.filter((step) => step !== undefined)).toEqual([1, 2, 3, 4, 5]);
  });

  it('6: an owner stopped past its lease finds out that it has the session no more', async () => {
    const { caller, first, second } = await setUp(2);
    first.freeze();
    // Waits in the socket of a process that does not know yet.
    const late = caller.write(first, 'late');
    const [written, ms] = await timed(caller.write(second, 'two'));
    expect(written).toEqual({ by: 'n2', lines: ['one', 'two'] });
    expect(ms).toBeLessThan(LEASE_MS + 1000 + SLACK_MS);
    first.thaw();
    expect(await late).toEqual({ by: 'n2', lines: ['one', 'two', 'late'] });
    expect(await caller.write(first, 'three')).toMatchObject({ by: 'n2' });
  });

  it('7: an owner that stands still for less than its lease keeps the session', async () => {
    const { caller, first, second } = await setUp(2);
    first.freeze();
    const written = caller.write(second, 'two');
    await pause(LEASE_MS / 3);
    first.thaw();
    expect(await written).toEqual({ by: 'n1', lines: ['one', 'two'] });
  });

  it('8: a Redis that is killed and comes back with its disk: a stall, and nothing else', async () => {
    const { caller, first, rig, second } = await setUp(2, AOF);
    await rig.redis.kill();
    const written = Promise.all([caller.write(first, 'two'), caller.write(second, 'three')]);
    await pause(500);
    await rig.redis.start();
    const [, ms] = await timed(written);
    expect(ms).toBeLessThan(LEASE_MS + SLACK_MS);
    const { by, lines } = await caller.write(second, 'four');
    expect([by, lines.toSorted()]).toEqual(['n1', ['four', 'one', 'three', 'two']]);
  });

  it('9: a Redis gone for longer than a lease: 503 after suspendMs, and all goes on when it is back', async () => {
    const { caller, rig, second } = await setUp(2, AOF);
    await rig.redis.kill();
    await pause(LEASE_MS);
    const refused = await caller.begin(second, 'write', 'refused');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    await rig.redis.start();
    expect((await caller.write(second, 'two')).lines).toEqual(['one', 'two']);
  });

  it('10: a Redis that has forgotten all: living sessions are written again', async () => {
    const { caller, first, rig, second } = await setUp(2);
    await rig.redis.kill();
    await rig.redis.start();
    expect(await caller.write(second, 'two')).toEqual({ by: 'n1', lines: ['one', 'two'] });
    // And are all there for the next owner.
    await first.end('SIGKILL');
    expect(await caller.write(second, 'three')).toEqual({
      by: 'n2',
      lines: ['one', 'two', 'three'],
    });
  });

  it('14: a Redis that is full: what can not be stored is not answered, until there is room', async () => {
    const { caller, first, rig, second } = await setUp(2);
    await rig.redis.command('CONFIG', 'SET', 'maxmemory', '1');
    await expect(Caller.open(second)).rejects.toThrow(/store-unavailable/);
    const written = caller.write(first, 'two');
    const isEarly = await Promise.race([written.then(() => true), pause(500, false)]);
    await rig.redis.command('CONFIG', 'SET', 'maxmemory', '0');
    expect([isEarly, await written]).toEqual([false, { by: 'n1', lines: ['one', 'two'] }]);
    expect((await caller.write(second, 'three')).lines).toHaveLength(3);
  });

  it('15: a Redis that may evict sessions is not used', async () => {
    const policy = ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'];
    const rig = await Rig.start(program, 1, policy);
    await expect(Caller.open(rig.nodes[0]!)).rejects.toThrow(/store-unavailable/);
    expect(rig.said('store-unfit')).toBeGreaterThan(0);
  });

  it('20: a deploy: calls finish, questions are answered, and the next request is at home elsewhere', async () => {
    const { caller, first, second, third } = await setUp(3);
    const [work, ask] = await Promise.all([
      caller.begin(second, 'work', 'long'),
      caller.begin(first, 'ask', 'sure?'),
    ]);
    const { id } = await ask.message('elicitation/create');
    const ended = first.end('SIGTERM');
    // The signal may reach the process after a request that was sent later.
    while ((await fetch(`http://127.0.0.1:${first.port}/readyz`)).ok);
    // What comes now is for the next owner: the session ends here when its calls are done.
    const next = caller.write(third, 'two');
    expect((await work.answer())!.result).toMatchObject({ content: [{ text: 'long, done' }] });
    const content = { answer: 'yes' };
    await caller.say(second, { id, result: { action: 'accept', content } });
    expect((await ask.answer())!.result).toMatchObject({ content: [{ text: 'yes' }] });
    const { by, lines } = await next;
    expect([by === 'n1', lines]).toEqual([false, ['one', 'two']]);
    await ended;
    expect((await caller.write(second, 'three')).lines).toEqual(['one', 'two', 'three']);
  });

  it('24: two hundred requests for a session whose owner is dead wake it once', async () => {
    const { caller, first, rig, second, third } = await setUp(3);
    await first.end('SIGKILL');
    const [answers, ms] = await timed(
      Promise.all(
        Array.from({ length: 200 }, async (_, n) => {
          const message = { id: `list ${n}`, method: 'tools/list' };
          return (await caller.say(n % 2 === 0 ? second : third, message)).answer();
        }),
      ),
    );
    // A session takes so many at once as one process does: more are told so.
    const served = answers.filter((each) => each?.result !== undefined);
    const busy = answers.filter((each) => JSON.stringify(each).includes('session-busy'));
    expect(served.length + busy.length).toBe(200);
    expect(served.length).toBeGreaterThan(60);
    expect(ms).toBeLessThan(LEASE_MS + 1000 + 2 * SLACK_MS);
    await eventually(() => rig.said('session.woken {') > 0);
    expect(rig.said('session.woken {')).toBe(1);
  });

  it('29: what others publish on the channels of a cluster is dropped', async () => {
    const { caller, rig, second } = await setUp(2);
    // A process listens at its port before it has joined the others.
    let channels: string[] = [];
    while (channels.length < 2) {
      channels = (await rig.redis.command('PUBSUB', 'CHANNELS', 'mcpc:in:*')) as string[];
    }
    for (const channel of channels) await rig.redis.command('PUBLISH', channel, 'forged');
    expect(await caller.write(second, 'two')).toEqual({ by: 'n1', lines: ['one', 'two'] });
    // What a process writes comes by a pipe, when its answer may be here already.
    await eventually(() => rig.said('cluster.refused') >= 2);
  });
});
