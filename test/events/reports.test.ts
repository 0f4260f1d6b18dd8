import { once } from 'node:events';
import { createRuntime } from 'mcp-actors';
import { serveInspector } from 'mcp-actors/inspector';
import { record } from 'mcp-actors/recorder';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createTestClient } from 'mcp-actors/testing';
import { defaultPrincipal } from '../../src/http/principal.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { FakeServer } from '../support/fakeServer.ts';
import { send, INITIALIZE } from '../support/send.ts';
import { turn } from '../support/eventually.ts';

type Warning = Error & { readonly detail?: string };

let heard: Warning[];
beforeEach(() => {
  heard = [];
  const hear = (warning: Warning): void => void heard.push(warning);
  process.on('warning', hear);
  onTestFinished(() => void process.off('warning', hear));
});

const said = (): string[] => heard.map(({ name, message }) => `${name}: ${message}`);
const throwing = (text: string) => () => {
  throw new Error(text);
};

describe('U5: a runtime reports by itself', () => {
  it('a factory that throws: once for each cause, with its stack', async () => {
    const world = new FakeRuntime({ server: throwing('no such driver') });
    for (let i = 0; i < 3; i++) await world.open().catch(() => {});
    await turn();
    expect(said()).toEqual([
      expect.stringMatching(/^SessionCrashed: session \w+ crashed: no such driver$/),
    ]);
    expect(heard[0]?.detail).toContain('reports.test.ts');
  });

  it('a principal that throws', async () => {
    const world = new FakeRuntime({ principal: throwing('jwks down') });
    await send(world.runtime, INITIALIZE);
    await turn();
    expect(said()).toEqual(['EndpointFailed: a request failed: jwks down']);
    expect(heard[0]?.detail).toContain('reports.test.ts');
  });

  it('a refused host, with its name and the option', async () => {
    const { runtime } = new FakeRuntime();
    const ask = (url: string, headers = {}): Promise<Response> =>
      runtime.fetch(new Request(url, { method: 'POST', headers, body: '{}' }));
    for (let i = 0; i < 2; i++) expect((await ask('http://mcp.example/mcp')).status).toBe(403);
    await ask('http://localhost/mcp', { origin: 'https://page.example' });
    await turn();
    expect(said()).toEqual([
      'CallerForeign: a request for host mcp.example was refused: allowedHosts does not have it',
      'CallerForeign: a request from origin https://page.example was refused: allowedOrigins does not have it',
    ]);
  });

  it('no more than a bounded number of causes', async () => {
    let place = 0;
    const world = new FakeRuntime({
      server: () => {
        // Each error has frames of its own, as in a program that is wrong in many places.
        const error = new Error('wrong');
        error.stack = `Error: wrong\n    at place${++place}`;
        throw error;
      },
    });
    for (let i = 0; i < 100; i++) await world.open().catch(() => {});
    await turn();
    expect(heard).toHaveLength(64);
    expect(heard.at(-1)?.message).toContain('further causes are not reported');
  });

  it('nothing where it is switched off by name', async () => {
    const world = new FakeRuntime({ server: throwing('unheard'), report: false });
    await world.open().catch(() => {});
    await turn();
    expect(heard).toEqual([]);
  });
});

const initialize = (runtime: FakeRuntime['runtime'], extra?: Record<string, unknown>) => {
  const authInfo = { token: 't', clientId: 'app', scopes: [], ...(extra && { extra }) };
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
  };
  const body = JSON.stringify({ jsonrpc: '2.0', ...INITIALIZE });
  const url = 'http://localhost/mcp';
  return runtime.fetch(new Request(url, { method: 'POST', headers, body }), { authInfo });
};

describe('U3: a principal that is an application', () => {
  it('is told once, where the default principal has no subject', async () => {
    const { runtime } = new FakeRuntime({ principal: defaultPrincipal });
    await initialize(runtime, { sub: 'ann' });
    await turn();
    expect(said()).toEqual([]);
    await initialize(runtime);
    await initialize(runtime);
    await turn();
    expect(said()).toEqual([
      expect.stringMatching(/^PrincipalShared: callers come with a clientId/),
    ]);
  });

  it('is nobody’s business where the program names its principals', async () => {
    const { runtime } = new FakeRuntime({ principal: () => 'one' });
    await initialize(runtime);
    await turn();
    expect(said()).toEqual([]);
  });
});

describe('U2: evictPrincipal', () => {
  const alice = { token: 't', clientId: 'app', scopes: [], extra: { sub: 'alice' } };

  it('takes the subject, with the default principal, and the name that lists and events show', async () => {
    const runtime = createRuntime<unknown>({ server: () => new FakeServer() });
    const started: string[] = [];
    runtime.on('session.started', ({ principal }) => started.push(principal));
    const one = await createTestClient(runtime, { authInfo: alice });
    expect(runtime.residents()[0]?.principal).toBe('alice');
    expect(await runtime.evictPrincipal('alice')).toBe(1);
    await createTestClient(runtime, { authInfo: alice });
    const { sessions } = await runtime.list({ principal: started[0]! });
    expect(sessions.map(({ principal }) => principal)).toEqual([started[0]]);
    expect(await runtime.evictPrincipal(sessions[0]!.principal)).toBe(1);
    expect(one.sessionId).not.toBe('');
    await runtime.close();
  });

  it('finds by the shown name who sleeps as well', async () => {
    const world = new FakeRuntime();
    await world.open('alice');
    const [session] = world.runtime.residents();
    const shown = session!.principalKey;
    await world.clock.elapse(10 * 60_000);
    expect(world.runtime.stats().sessions).toMatchObject({ asleep: 1, total: 1 });
    expect((await world.runtime.list({ principal: shown })).sessions).toHaveLength(1);
    expect(await world.runtime.evictPrincipal(shown)).toBe(1);
  });

  it('says aloud that it ended nobody', async () => {
    const world = new FakeRuntime();
    await world.open('alice');
    const missed = world.record('revocation.missed');
    expect(await world.runtime.evictPrincipal('[null,null,"alice"]')).toBe(0);
    await turn();
    expect(missed).toHaveLength(1);
    expect(said()).toEqual([
      expect.stringMatching(/^RevocationMissed: evictPrincipal found no session/),
    ]);
  });
});

describe('U4: watching changes nothing about reports', () => {
  it.each([
    ['an inspector', async (world: FakeRuntime) => void (await serveInspector(world.runtime))],
    [
      'a recorder',
      async (world: FakeRuntime) => void (await record(world.runtime, { write() {} })),
    ],
    [
      'a listener',
      async (world: FakeRuntime) => void world.runtime.on('session.crashed', () => {}),
    ],
  ])('nor does %s silence a crash', async (_, watch) => {
    const world = new FakeRuntime({ server: throwing('seen by all') });
    await watch(world);
    const warned = once(process, 'warning');
    await world.open().catch(() => {});
    await warned;
    expect(said()).toEqual([expect.stringContaining('seen by all')]);
    await world.runtime.close();
  });
});
