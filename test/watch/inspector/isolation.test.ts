import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as connectSocket, type AddressInfo } from 'node:net';
import type { RuntimeEvents } from 'mcp-actors';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { History } from '../../../src/watch/inspector/history.ts';
import { Viewer } from '../../../src/watch/inspector/viewer.ts';
import { eventually } from '../../support/eventually.ts';
import { call, cancel } from '../../support/rawClient.ts';
import { type Rig, startRig } from '../../support/rig.ts';
import { inspect } from './support/inspect.ts';
import { FeedReader } from './support/visit.ts';

/** What a session can notice: the answers, every step of its machine, what was counted. */
interface Life {
  readonly answers: unknown[];
  readonly steps: string[];
  readonly stats: object;
}

/** One life with everything in it: calls, a cancel, dead letters, a rest, a new start, an end. */
async function live({ runtime, connect, gates, clock }: Rig): Promise<Life> {
  const steps: string[] = [];
  runtime.on(
    'session.transition',
    ({ from, to, event, effects, at }: RuntimeEvents['session.transition']) => {
      steps.push(`${at} ${from} ${event.type} ${to} ${effects.join()}`);
    },
  );
  const client = await connect();
  const answers: unknown[] = [];
  answers.push((await client.ask(call(1, 'echo', { text: 'one' }))).text);
  const slow = client.ask(call(2, 'slow', { gate: 'a' }));
  await gates.reached('a');
  await client.post(cancel(2));
  answers.push((await slow).text);
  await client.post(cancel(77));
  clock.advance(5000);
  await eventually(() => runtime.stats().sessions.idle === 1);
  answers.push((await client.ask(call(3, 'echo', { text: 'two' }))).text);
  answers.push((await client.ask(call(4, 'nothing'))).text);
  answers.push((await client.delete()).status);
  await eventually(() => runtime.stats().sessions.total === 0);
  return { answers, steps, stats: runtime.stats() };
}

async function rigged(watch: (rig: Rig) => Promise<unknown>): Promise<Life> {
  const rig = await startRig('fetch', { createId: () => 'the-same-id-for-every-life' });
  await watch(rig);
  return live(rig);
}

const nobody = async (): Promise<void> => {};

describe('a session does not notice', () => {
  it('an inspector with a page', async () => {
    const watched = await rigged(async ({ runtime }) =>
      FeedReader.open((await inspect(runtime)).url),
    );
    expect(watched).toEqual(await rigged(nobody));
    expect(watched.steps.length).toBeGreaterThan(8);
    expect(watched.answers.join()).toContain('one');
  });

  it('one whose every word throws', async () => {
    const watched = await rigged(async ({ runtime }) => {
      const failures: string[] = [];
      runtime.on('observer.failed', ({ event }) => void failures.push(event));
      // Its history is broken from the first line on.
      const write = vi.spyOn(History.prototype, 'write').mockImplementation(() => {
        throw new Error('the history is broken');
      });
      onTestFinished(() => {
        write.mockRestore();
        expect(failures).toContain('session.transition');
        expect(failures).toContain('message');
      });
      await FeedReader.open((await inspect(runtime)).url);
    });
    expect(watched).toEqual(await rigged(nobody));
  });

  it('one that can not read the sessions', async () => {
    const watched = await rigged(async ({ runtime }) => {
      const { url } = await inspect(runtime);
      const feed = await FeedReader.open(url);
      Object.assign(runtime, { sessions: () => Promise.reject(new Error('no store')) });
      return feed;
    });
    expect(watched).toEqual(await rigged(nobody));
  });

  it('a page that reads nothing, one that leaves in the middle, and an end of it all', async () => {
    const watched = await rigged(async ({ runtime }) => {
      const inspector = await inspect(runtime, { flushMs: 1, maxViewerBytes: 2000 });
      const stalled = await FeedReader.open(inspector.url);
      stalled.stall();
      const leaving = await FeedReader.open(inspector.url);
      runtime.on('message', ({ method }) => {
        if (method === 'initialize') leaving.leave();
        if (method === 'notifications/cancelled') void inspector.close();
      });
    });
    expect(watched).toEqual(await rigged(nobody));
  });
});

describe('Viewer', () => {
  it('is cut when it leaves too much unread, and holds no more than it may until then', async () => {
    const maxBytes = 100_000;
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    const socket = connectSocket((server.address() as AddressInfo).port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [, response] = await once(server, 'request');
    const viewer = new Viewer(response, maxBytes, systemClock);
    const line = 'x'.repeat(10_000);
    let written = 0;
    // The sockets of both sides take some megabytes by themselves.
    while (viewer.write(line)) {
      written++;
      expect(response.writableLength).toBeLessThanOrEqual(maxBytes);
      if (written % 50 === 0) await new Promise(setImmediate);
      expect(written).toBeLessThan(100_000);
    }
    expect(viewer.isGone).toBe(true);
    expect(viewer.write(line)).toBe(false);
  });
});
