import { describe, expect, it, onTestFinished } from 'vitest';
import { defaultPrincipal } from '../../src/http/principal.ts';
import { DOORS, openDoor } from '../support/door.ts';
import { DurableMemory } from '../support/durableMemory.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { WireClient } from '../support/wireClient.ts';

/** A runtime that counts how often it is asked who calls. */
function setUp(options: ConstructorParameters<typeof FakeRuntime>[0] = {}) {
  const counted = { asked: 0 };
  const world = new FakeRuntime({
    principal: (_, { headers }) => {
      counted.asked++;
      return headers['x-user'] as string | undefined;
    },
    ...options,
  });
  const times = async (run: () => Promise<unknown>): Promise<number> => {
    counted.asked = 0;
    await run();
    return counted.asked;
  };
  return { world, times };
}

describe.each(DOORS)('principal() by %s is asked once', (kind) => {
  async function open(options: ConstructorParameters<typeof FakeRuntime>[0] = {}) {
    const { world, times } = setUp(options);
    const door = await openDoor(kind, world.runtime);
    onTestFinished(() => door.close());
    const client = new WireClient(door, { headers: { 'x-user': 'ann' } });
    return { world, times, client };
  }

  it('for each initialize, POST, notification, GET and DELETE', async () => {
    const { client, times } = await open();
    expect(await times(() => client.initialize())).toBe(1);
    expect(await times(() => client.notify('notifications/initialized'))).toBe(1);
    expect(await times(() => client.request('tools/list'))).toBe(1);
    expect(await times(() => client.get())).toBe(1);
    expect(await times(() => client.delete())).toBe(1);
    expect(await times(() => client.request('tools/list'))).toBe(1);
  });

  it('for a request that wakes its session', async () => {
    const { client, times, world } = await open();
    await client.shake();
    await world.clock.elapse(6 * 60_000);
    expect(world.runtime.stats().sessions.asleep).toBe(1);
    expect(await times(() => client.request('tools/list'))).toBe(1);
  });

  it('for a request whose session a durable store has', async () => {
    const store = new DurableMemory();
    const { client, times, world } = await open({ store });
    await client.shake();
    await world.clock.elapse(6 * 60_000);
    expect(await times(() => client.request('tools/list'))).toBe(1);
  });

  it('where it throws: 500, announced once', async () => {
    const { client, world } = await open({
      principal: () => {
        throw new Error('no directory');
      },
    });
    const failed = world.record('endpoint.failed');
    expect((await client.initialize()).status).toBe(500);
    expect(failed).toMatchObject([{ error: new Error('no directory') }]);
  });
});

function nameOf(extra: Record<string, unknown>, clientId: unknown = 'app'): string | undefined {
  return defaultPrincipal(
    { token: 't', scopes: [], clientId: clientId as string, extra },
    { method: 'POST', headers: {} },
  );
}

describe('the default principal', () => {
  it('is anonymous without authInfo', () => {
    expect(defaultPrincipal(undefined, { method: 'POST', headers: {} })).toBeUndefined();
  });

  it('U2: is the subject as it is, whichever application it came by', () => {
    expect(nameOf({ sub: 'ann' })).toBe('ann');
    expect(nameOf({ sub: 'ann' }, 'other')).toBe('ann');
    expect(nameOf({ sub: 'ann' }, '')).toBe('ann');
    expect(nameOf({ sub: 'ann', iss: 'a' }, 'other')).toBe('["a","ann"]');
  });

  it('tells apart issuers, subjects, clients, and numbers from their texts', () => {
    const names = [
      nameOf({ sub: 'ann' }),
      nameOf({ sub: 'bob' }),
      nameOf({ sub: 'ann', iss: 'a' }),
      nameOf({ sub: '["a","ann"]' }),
      nameOf({}, 'ann'),
      nameOf({ iss: 'a' }, 'ann'),
      nameOf({ sub: 1 }),
      nameOf({ sub: '1' }),
      nameOf({}),
    ];
    expect(new Set(names).size).toBe(names.length);
  });

  it.each([undefined, null, '', Number.NaN, Infinity, true, {}, []])(
    'takes the subject %s for none, and refuses it without a client',
    (sub) => {
      expect(nameOf({ sub })).toBe(nameOf({}));
      expect(nameOf({ sub }, '')).toBe('');
      expect(nameOf({ sub }, null)).toBe('');
    },
  );
});
