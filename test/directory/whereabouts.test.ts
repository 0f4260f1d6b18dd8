import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Supervisor } from '../../src/actor/supervisor.ts';
import { Directory } from '../../src/directory/directory.ts';
import { ALONE, type Ownership } from '../../src/directory/ownership.ts';
import type { Elsewhere, Forwarded } from '../../src/directory/whereabouts.ts';
import { Endpoint } from '../../src/http/endpoint.ts';
import { handleFetch } from '../../src/http/fetch.ts';
import { HttpOutlets } from '../../src/http/httpOutlets.ts';
import { Screen } from '../../src/http/screen.ts';
import { SessionLeg } from '../../src/http/sessionLeg.ts';
import { type RuntimeOptions, settle } from '../../src/options.ts';
import type { SessionActor } from '../../src/session/sessionActor.ts';
import { Registry } from '../../src/machine/registry.ts';
import { Keeper } from '../../src/store/keeper.ts';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { HeldStore } from '../support/heldStore.ts';
import { servicesOf } from '../support/servicesOf.ts';
import { sessionRecord } from '../support/sessionRecord.ts';

/** What `createRuntime` puts together, with an answer of the test's own to who owns a session. */
function setUp(
  ownership: Ownership,
  store = new DurableMemory(),
  state?: RuntimeOptions<unknown>['state'],
) {
  const settings = settle<unknown>({
    server: () => new FakeServer(),
    store,
    ...(state && { state }),
  });
  const services = servicesOf();
  const keeper = new Keeper(store, services);
  const supervisor = new Supervisor<SessionActor>(services, settings);
  const outlets = new HttpOutlets(services, settings);
  const directory = new Directory(supervisor, {
    settings,
    keeper,
    ownership,
    actors: new Registry<SessionActor>(null),
    outletsOf: () => outlets,
  });
  onTestFinished(() => directory.close());
  const endpoint = new Endpoint(directory, {
    screen: new Screen({ ...settings, maxBodyBytes: services.limits.maxBodyBytes }),
    principal: () => 'ann',
    timers: outlets.timers,
    unread: outlets.unread,
    legs: (host) => [new SessionLeg(host, directory, outlets)],
  });
  const ask = (method: string, id: string, body?: object): Promise<Response> =>
    handleFetch(
      endpoint,
      new Request('http://localhost/mcp', {
        method,
        headers: {
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          'mcp-session-id': id,
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    );
  return { directory, ask, store };
}

/** A node that answers 200 to whatever it is given. */
class Neighbour implements Elsewhere {
  readonly at = 'elsewhere';
  readonly node = 'neighbour';
  readonly act = async () => false;
  readonly served: Forwarded[] = [];

  serve: Elsewhere['serve'] = (request, port) => {
    this.served.push(request);
    port.send(200, [], 'from the neighbour');
  };
}

const LIST = { jsonrpc: '2.0', id: 7, method: 'tools/list' };

describe('Directory.find', () => {
  it.each(['in this turn', 'later'])('says elsewhere, known %s', async (when) => {
    const neighbour = new Neighbour();
    const { directory } = setUp({
      ...ALONE,
      claim: () => (when === 'later' ? Promise.resolve(neighbour) : neighbour),
    });
    expect(await directory.find('theirs', 'ann')).toBe(neighbour);
  });

  it('says nowhere to ids of nobody, and here of what this node has claimed', async () => {
    const expiresAt = Number.MAX_SAFE_INTEGER;
    const mine = sessionRecord({ id: 'mine', principal: 'ann', expiresAt });
    const store = new DurableMemory();
    await store.write([{ type: 'put', record: mine }]);
    const { directory } = setUp({ ...ALONE, claim: () => Promise.resolve('ours') }, store);
    expect(await directory.find('nobody', 'ann')).toMatchObject({
      at: 'nowhere',
      refusal: 'session-not-found',
    });
    expect(await directory.find('mine', 'bob')).toMatchObject({ at: 'nowhere' });
    const found = await directory.find('mine', 'ann');
    expect([found.at, found.at === 'here' && found.id]).toEqual(['here', 'mine']);
    // Resident from here on: nobody is asked.
    expect(directory.find('mine', 'ann')).toBe(found);
  });

  it('recalls no session for another principal, not even to fail (S3)', async () => {
    const store = new DurableMemory();
    const expiresAt = Number.MAX_SAFE_INTEGER;
    await store.write([
      { type: 'put', record: sessionRecord({ id: 'mine', principal: 'ann', expiresAt }) },
    ]);
    const decoded: unknown[] = [];
    const { directory } = setUp(ALONE, store, {
      create: () => ({}),
      decode(data) {
        decoded.push(data);
        return data;
      },
    });
    // Both wait for one read of the store.
    const reads = vi.spyOn(store, 'get');
    const stranger = directory.find('mine', 'bob');
    const here = await directory.find('mine', 'ann');
    const nowhere = await stranger;
    expect(nowhere).toEqual(await directory.find('nobody', 'bob'));
    expect(here).toMatchObject({ at: 'here', id: 'mine' });
    expect(reads.mock.calls.filter(([id]) => id === 'mine')).toHaveLength(1);
    expect(decoded).toHaveLength(1);
  });

  it('answers another principal as for an unknown id where a record can not be revived', async () => {
    const store = new DurableMemory();
    const expiresAt = Number.MAX_SAFE_INTEGER;
    const mine = sessionRecord({ id: 'mine', principal: 'ann', stateVersion: 1, expiresAt });
    await store.write([{ type: 'put', record: mine }]);
    const { directory } = setUp(ALONE, store, {
      create: () => ({}),
      version: 2,
      migrate: () => {
        throw new Error('no way');
      },
    });
    expect(await directory.find('mine', 'bob')).toEqual(await directory.find('nobody', 'bob'));
    expect([...directory.residents()]).toEqual([]);
    await expect(directory.find('mine', 'ann')).rejects.toThrow('no way');
  });

  it('recalls no session that ended while its store was asked', async () => {
    const store = new HeldStore();
    const expiresAt = Number.MAX_SAFE_INTEGER;
    const mine = sessionRecord({ id: 'mine', principal: 'ann', expiresAt });
    await store.write([{ type: 'put', record: mine }]);
    const { directory } = setUp(ALONE, store);
    const release = store.hold('get');
    // The store has not forgotten the session yet.
    onTestFinished(store.hold('write'));
    const found = directory.find('mine', 'ann');
    await turn();
    directory.keeper.drop(mine);
    release();
    expect(await found).toMatchObject({ at: 'nowhere', refusal: 'session-not-found' });
    expect([...directory.residents()]).toEqual([]);
  });

  it('alone, owns every session in the same turn', () => {
    expect(ALONE.claim('any')).toBe('ours');
  });
});

describe('a request for a session elsewhere', () => {
  it.each([
    ['POST', LIST],
    ['GET', undefined],
    ['DELETE', undefined],
  ])('%s is served by its node, with the principal and the body', async (method, body) => {
    const neighbour = new Neighbour();
    const { ask } = setUp({ ...ALONE, claim: () => neighbour });
    const response = await ask(method, 'theirs', body);
    expect([response.status, await response.text()]).toEqual([200, 'from the neighbour']);
    const [request] = neighbour.served;
    expect(request).toMatchObject({ principal: 'ann', origin: { head: { method } } });
    expect(request!.parcel?.messages).toEqual(body && [body]);
  });

  it('initialize is refused: the session there is live', async () => {
    const { ask } = setUp({ ...ALONE, claim: () => new Neighbour() });
    const response = await ask('POST', 'theirs', {
      jsonrpc: '2.0',
      id: 1,
      method: 'initialize',
      params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: {} },
    });
    expect(await response.json()).toMatchObject({
      error: { data: { code: 'already-initialized' } },
    });
  });

  it('an owner that can not be found out is an error that is announced, not a 404', async () => {
    const { ask } = setUp({ ...ALONE, claim: () => Promise.reject(new Error('no engine')) });
    expect((await ask('POST', 'theirs', LIST)).status).toBe(500);
  });
});
