import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { serve } from '@hono/node-server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sendOverSocket } from '../support/door.ts';
import { eventually, turn } from '../support/eventually.ts';
import { cookieOf, HostRig } from '../support/hostRig.ts';
import type { Reply } from '../support/reply.ts';

const DOORS = ['nodeEvents on node http', 'events on hono'] as const;

/** Serves the event streams of a rig; a GET with cookies is answered over a real socket. */
async function openDoor(kind: (typeof DOORS)[number], { host }: HostRig) {
  const server =
    kind === 'events on hono'
      ? (serve({
          fetch: (request) => host.events(request),
          port: 0,
          hostname: '127.0.0.1',
        }) as http.Server)
      : http
          .createServer((request, response) => void host.nodeEvents(request, response))
          .listen(0, '127.0.0.1');
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const get = (headers: Record<string, string> = {}, signal?: AbortSignal): Promise<Reply> =>
    sendOverSocket(port, { method: 'GET', headers, ...(signal && { signal }) });
  return Object.assign(get, { port });
}

const kinds = ({ frames }: Reply): (string | undefined)[] =>
  frames.map(({ event }) => event).filter((event) => event !== undefined);
const has =
  (event: string, count = 1) =>
  (reply: Reply): boolean =>
    kinds(reply).filter((each) => each === event).length >= count;
const dataOf = ({ frames }: Reply, event: string): unknown[] =>
  frames
    .filter((frame) => frame.event === event)
    .map(({ data }) => (JSON.parse(data ?? 'null') as { data: unknown }).data);

it('events opens nothing for a request that is over', async () => {
  const rig = new HostRig();
  const entered = await rig.enter();
  const leaving = new AbortController();
  const response = rig.host.events(rig.request(cookieOf(entered), leaving.signal));
  leaving.abort();
  expect((await response).status).toBe(499);
  expect(rig.host.stats().streams).toBe(0);
});

describe.each(DOORS)('%s', (kind) => {
  it("streams the events of the cookie's own scope and no other", async () => {
    const rig = new HostRig();
    const get = await openDoor(kind, rig);
    const [one, two] = [await rig.enter(), await rig.enter()];
    const [first, second] = [await get(cookieOf(one)), await get(cookieOf(two))];
    await Promise.all([first.until(has('questions')), second.until(has('questions'))]);
    one.scope.publish('note', { of: 'one' });
    two.scope.publish('note', { of: 'two' });
    await Promise.all([first.until(has('note')), second.until(has('note'))]);
    expect(dataOf(first, 'note')).toEqual([{ of: 'one' }]);
    expect(dataOf(second, 'note')).toEqual([{ of: 'two' }]);
    expect(first.frames.at(-1)).toMatchObject({ event: 'note', id: `${one.scope.key}.1` });
    expect(rig.host.stats().streams).toBe(2);
  });

  it('sends no CORS header, and nothing a proxy could keep', async () => {
    const rig = new HostRig({ allowedOrigins: ['http://app.example'] });
    const get = await openDoor(kind, rig);
    const cookie = cookieOf(await rig.enter());
    for (const origin of ['http://app.example', 'https://evil.example']) {
      const reply = await get({ ...cookie, origin });
      const names = Object.keys(reply.headers);
      expect(names.filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(reply.status).toBe(origin === 'http://app.example' ? 200 : 403);
    }
    const { headers } = await get(cookie);
    expect(headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
  });

  it('refuses foreign hosts and origins with 403, and who has no scope with 404', async () => {
    const rig = new HostRig();
    const get = await openDoor(kind, rig);
    const cookie = cookieOf(await rig.enter({ 'x-user': 'alice' }));
    const alice = { ...cookie, 'x-user': 'alice' };
    const codeOf = async (headers: Record<string, string>): Promise<unknown[]> => {
      const reply = await (await get(headers)).whole();
      const { error } = JSON.parse(reply.text) as { error: { code: string } };
      return [reply.status, error.code];
    };
    expect(await codeOf({ ...alice, host: 'evil.example' })).toEqual([403, 'host-forbidden']);
    expect(await codeOf({ ...alice, origin: 'http://evil.example' })).toEqual([
      403,
      'origin-forbidden',
    ]);
    expect(await codeOf({})).toEqual([404, 'session-not-found']);
    expect(await codeOf({ ...cookie, 'x-user': 'bob' })).toEqual([404, 'session-not-found']);
    expect(await codeOf({ ...alice, 'x-mcp-scope': 'x' })).toEqual([404, 'session-not-found']);
    // A stream makes no scope, whoever asks for it.
    expect(rig.host.stats().spawned).toBe(1);
    expect((await get(alice)).status).toBe(200);
  });

  it('begins with what is open, and resumes after Last-Event-ID', async () => {
    const rig = new HostRig();
    const get = await openDoor(kind, rig);
    const entered = await rig.enter();
    const { scope } = entered;
    scope.publish('note', 1);
    const answer = scope.ask('approval', { of: 'this' });
    const first = await get(cookieOf(entered));
    await first.until(has('questions'));
    expect(first.frames[0]).toMatchObject({ retry: 1000, comment: 'open' });
    expect(kinds(first)).toEqual(['questions']);
    expect(dataOf(first, 'questions')).toEqual([scope.questions]);
    scope.publish('note', 2);
    await first.until(has('note'));
    first.leave();
    await eventually(() => rig.host.stats().streams === 0);
    scope.publish('note', 3);
    scope.answer(scope.questions[0]!.id, 'yes');
    await answer;
    const id = first.ids.at(-1)!;
    const second = await get({ ...cookieOf(entered), 'last-event-id': id });
    await second.until(has('questions'));
    expect(kinds(second)).toEqual(['note', 'question.closed', 'questions']);
    expect(dataOf(second, 'note')).toEqual([3]);
    expect(dataOf(second, 'questions')).toEqual([[]]);
  });

  it('says how many events are gone that were to be resumed', async () => {
    const rig = new HostRig({ maxReplayEvents: 2 });
    const get = await openDoor(kind, rig);
    const entered = await rig.enter();
    for (let i = 1; i <= 5; i++) entered.scope.publish('note', i);
    const id = `${entered.scope.key}.1`;
    const reply = await get({ ...cookieOf(entered), 'last-event-id': id });
    await reply.until(has('questions'));
    expect(dataOf(reply, 'missed')).toEqual([{ events: 2 }]);
    expect(dataOf(reply, 'note')).toEqual([4, 5]);
  });

  it.each([
    '7',
    'x',
    '.',
    'other.1',
    '99999999999999999999',
    'KEY.-1',
    'KEY.1.5',
    'KEY.9',
    'KEY.x',
  ])('takes %j for an event of another scope, and tells all it has', async (last) => {
    const rig = new HostRig();
    const get = await openDoor(kind, rig);
    const entered = await rig.enter();
    entered.scope.publish('note', 1);
    const id = last.replace('KEY', entered.scope.key);
    const reply = await get({ ...cookieOf(entered), 'last-event-id': id });
    await reply.until(has('questions'));
    expect(dataOf(reply, 'note')).toEqual([1]);
    expect(kinds(reply)).not.toContain('missed');
  });

  it('keeps its scope from time and capacity, until it is over', async () => {
    const rig = new HostRig({ maxSessions: 1 });
    const get = await openDoor(kind, rig);
    const entered = await rig.enter();
    const reply = await get(cookieOf(entered));
    await reply.until(has('questions'));
    await rig.clock.elapse(60 * 60_000);
    expect(rig.host.stats().sessions).toMatchObject({ idle: 1, total: 1 });
    await expect(rig.enter()).rejects.toMatchObject({ code: 'at-capacity' });
    reply.leave();
    await eventually(() => rig.host.stats().streams === 0);
    await rig.clock.elapse(5 * 60_000);
    expect(rig.host.stats().evicted.expired).toBe(1);
  });

  it('ends with its scope, and says why', async () => {
    const rig = new HostRig();
    const get = await openDoor(kind, rig);
    const entered = await rig.enter();
    const reply = await get(cookieOf(entered));
    await reply.until(has('questions'));
    entered.scope.close();
    await reply.whole();
    expect(reply.end).toBe('ended');
    expect(dataOf(reply, 'ended')).toEqual([{ reason: 'terminated' }]);
    await eventually(() => rig.host.stats().streams === 0);
  });

  it('ends with its scope also where a listener ends it', async () => {
    const rig = new HostRig();
    const get = await openDoor(kind, rig);
    const entered = await rig.enter();
    const reply = await get(cookieOf(entered));
    await reply.until(has('questions'));
    const stop = entered.scope.subscribe(() => {
      stop();
      entered.scope.close();
    });
    entered.scope.publish('note', 1);
    await reply.whole();
    expect(kinds(reply)).toEqual(['questions', 'note', 'ended']);
    expect(reply.end).toBe('ended');
  });

  it('writes comments while there is nothing to say', async () => {
    const rig = new HostRig();
    const get = await openDoor(kind, rig);
    const reply = await get(cookieOf(await rig.enter()));
    await reply.until(has('questions'));
    await rig.clock.elapse(30_000);
    const comments = (): unknown[] =>
      reply.frames.filter((frame) => frame.comment === 'keep-alive');
    await reply.until(() => comments().length === 2);
    expect(kinds(reply)).toEqual(['questions']);
  });

  it('cuts a reader that does not read, and counts', async () => {
    const rig = new HostRig({ maxStreamBytes: 1000 });
    const get = await openDoor(kind, rig);
    const entered = await rig.enter();
    const socket = connect(get.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const { cookie } = cookieOf(entered);
    socket.write(`GET / HTTP/1.1\r\nhost: localhost\r\ncookie: ${cookie}\r\n\r\n`);
    await once(socket, 'readable');
    // Reads no more: what comes now stays where it is, and the buffers on the way fill up.
    await eventually(() => rig.host.stats().streams === 1);
    const text = 'x'.repeat(256 * 1024);
    while (rig.host.stats().streams === 1) {
      entered.scope.publish('note', text);
      await turn();
    }
    expect(rig.host.stats().limits).toEqual({ maxStreamBytes: 1 });
    // The scope and its other readers are unharmed.
    const other = await get(cookieOf(entered));
    await other.until(has('questions'));
    entered.scope.publish('note', 'small');
    await other.until(has('note'));
  });

  it('counts what the readers of all scopes of a principal leave unread', async () => {
    const rig = new HostRig({ maxUnreadBytesPerPrincipal: 4096 });
    const scopes = [];
    for (const user of ['ann', 'ann', 'bob']) {
      const entered = await rig.enter({ 'x-user': user });
      const headers = { ...cookieOf(entered), 'x-user': user };
      scopes.push({ ...entered, response: await rig.host.events(rig.request(headers)) });
    }
    for (const { scope } of scopes) scope.publish('note', 'x'.repeat(1500));
    expect(rig.host.stats()).toMatchObject({ streams: 3, limits: {} });
    scopes[0]!.scope.publish('note', 'x'.repeat(1000));
    expect(rig.host.stats()).toMatchObject({
      streams: 2,
      limits: { maxUnreadBytesPerPrincipal: 1 },
    });
    await expect(scopes[0]!.response.text()).rejects.toThrow('cut');
  });

  it('keeps events for those who come late within maxReplayTotalBytes of all scopes', async () => {
    const rig = new HostRig({ maxReplayTotalBytes: 4096 });
    const [one, two] = [await rig.enter(), await rig.enter()];
    for (let i = 0; i < 3; i++) one.scope.publish('note', 'x'.repeat(1000));
    two.scope.publish('note', 'x'.repeat(500));
    two.scope.publish('note', 'x'.repeat(500));
    expect([one.scope.events.length, two.scope.events.length]).toEqual([0, 2]);
    expect(rig.host.stats().limits).toEqual({ maxReplayTotalBytes: 1 });
  });

  it('drops what nobody reads closeTimeoutMs after the end of the host', async () => {
    const rig = new HostRig({ closeTimeoutMs: 1000 });
    const entered = await rig.enter();
    const response = await rig.host.events(rig.request(cookieOf(entered)));
    await rig.end();
    await rig.clock.elapse(1000);
    await expect(response.text()).rejects.toThrow('cut');
    expect(rig.host.stats().streams).toBe(0);
  });

  it('has no more than maxStreams of one scope', async () => {
    const rig = new HostRig({ maxStreams: 2 });
    const get = await openDoor(kind, rig);
    const [one, two] = [await rig.enter(), await rig.enter()];
    const streams = [await get(cookieOf(one)), await get(cookieOf(one))];
    const refused = await (await get(cookieOf(one))).whole();
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '5']);
    expect((await get(cookieOf(two))).status).toBe(200);
    expect(rig.host.stats()).toMatchObject({
      limits: { maxStreams: 1 },
      refusals: { 'at-capacity': 1 },
    });
    streams[0]!.leave();
    await eventually(() => rig.host.stats().streams === 2);
    expect((await get(cookieOf(one))).status).toBe(200);
  });

  it('opens nothing for a reader that left while its principal was looked up', async () => {
    const asked: (() => void)[] = [];
    const rig = new HostRig({
      principal: () => new Promise((resolve) => asked.push(() => resolve('alice'))),
    });
    const get = await openDoor(kind, rig);
    const entering = rig.enter();
    await eventually(() => asked.length === 1);
    asked[0]!();
    const entered = await entering;
    const leaving = new AbortController();
    const reply = get(cookieOf(entered), leaving.signal).catch(() => 'left');
    await eventually(() => asked.length === 2);
    leaving.abort();
    expect(await reply).toBe('left');
    for (let i = 0; i < 50; i++) await turn();
    asked[1]!();
    for (let i = 0; i < 50; i++) await turn();
    expect(rig.host.stats().streams).toBe(0);
    await rig.clock.elapse(10 * 60_000);
    expect(rig.host.stats().evicted.expired).toBe(1);
  });

  it('a listener that throws does not end a stream', async () => {
    const rig = new HostRig();
    const get = await openDoor(kind, rig);
    const entered = await rig.enter();
    entered.scope.subscribe(() => {
      throw new Error('listener');
    });
    const reply = await get(cookieOf(entered));
    await reply.until(has('questions'));
    entered.scope.publish('note', 1);
    await reply.until(has('note'));
    expect(dataOf(reply, 'note')).toEqual([1]);
  });
});
