import { describe, expect, it } from 'vitest';
import { EventStream } from '../../src/events/eventStream.ts';
import { turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';

const LIMIT = { session: undefined, limit: 'maxSessions' };

describe('EventStream', () => {
  it('tells every listener, until it is told to stop', () => {
    const stream = new EventStream();
    const heard: string[] = [];
    const stop = stream.on('limit', ({ limit }) => heard.push(`one ${limit}`));
    stream.on('limit', ({ limit }) => heard.push(`two ${limit}`));
    stream.emit('limit', LIMIT);
    stop();
    stop();
    stream.emit('limit', LIMIT);
    expect(heard).toEqual(['one maxSessions', 'two maxSessions', 'two maxSessions']);
  });

  it('a listener that throws disturbs nobody, and is announced once', () => {
    const stream = new EventStream();
    const heard: unknown[] = [];
    const error = new Error('mine');
    stream.on('limit', () => {
      throw error;
    });
    stream.on('limit', (event) => heard.push(event));
    stream.on('observer.failed', (event) => {
      heard.push(event);
      throw new Error('this one as well');
    });
    stream.emit('limit', LIMIT);
    expect(heard).toEqual([{ event: 'limit', error }, LIMIT]);
  });

  it('an async listener that rejects disturbs nobody either', async () => {
    const stream = new EventStream();
    const failures: unknown[] = [];
    const strays: unknown[] = [];
    const hear = (error: unknown): unknown => strays.push(error);
    process.on('unhandledRejection', hear);
    stream.on('observer.failed', (event) => failures.push(event));
    const error = new Error('late');
    // The type asks for no promise, and every user has an async function at hand.
    const listener = async (): Promise<void> => {
      await turn();
      throw error;
    };
    // oxlint-disable-next-line typescript/no-misused-promises
    stream.on('limit', listener);
    stream.emit('limit', LIMIT);
    await turn();
    await turn();
    await turn();
    process.off('unhandledRejection', hear);
    expect([failures, strays]).toEqual([[{ event: 'limit', error }], []]);
  });

  it('knows whether somebody watches messages', () => {
    const stream = new EventStream();
    expect(stream.watchesMessages).toBe(false);
    const stop = stream.on('message', () => {});
    expect(stream.watchesMessages).toBe(true);
    stop();
    expect(stream.watchesMessages).toBe(false);
  });
});

describe('runtime.on', () => {
  it('announces a life by its loggable key, from start to end, and never by its id', async () => {
    const world = new FakeRuntime();
    const lines: string[] = [];
    for (const name of [
      'session.started',
      'session.transition',
      'session.ended',
      'message',
      'deadletter',
    ] as const) {
      world.runtime.on(name, (event) => lines.push(`${name} ${JSON.stringify(event)}`));
    }
    const client = await world.open('ann@example.org');
    const [session] = world.runtime.residents();
    await client.call('tools/call', { secret: 'hunter2' });
    await client.respond(99);
    await client.delete();
    await turn();
    const text = lines.join('\n');
    expect(text).not.toContain(client.id);
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain('ann@example.org');
    expect(text).toContain(session?.key);
    const life = lines.filter((line) => !line.startsWith('message'));
    expect(life[0]).toMatch(/^session\.transition .*"from":"new","to":"initializing.building"/);
    expect(life.at(-1)).toMatch(/^session\.ended .*"reason":"terminated"/);
  });

  it('a listener that throws at every event changes nothing for a session', async () => {
    const world = new FakeRuntime();
    const failures = world.record('observer.failed');
    for (const name of [
      'session.started',
      'session.transition',
      'message',
      'session.ended',
    ] as const) {
      world.runtime.on(name, () => {
        throw new Error(name);
      });
    }
    const client = await world.open();
    expect((await client.call('tools/list')).error).toBeUndefined();
    await client.delete();
    await turn();
    expect(world.runtime.stats()).toMatchObject({ crashes: 0, sessions: { total: 0 } });
    expect(new Set(failures.map(({ event }) => event)).size).toBe(4);
  });
});
