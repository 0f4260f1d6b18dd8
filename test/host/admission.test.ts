import { ScopeRefused } from 'mcp-actors/host';
import { describe, expect, it } from 'vitest';
import { ScopeTokens } from '../../src/host/token.ts';
import { Gates } from '../support/gates.ts';
import { cookieOf, HostRig, SECRET } from '../support/hostRig.ts';

const HEADER = 'x-mcp-scope';

/** What a refused request is answered with, byte for byte. */
async function refusalOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ScopeRefused)) throw new Error(`not refused: ${String(error)}`);
  const response = error.toResponse();
  return {
    status: response.status,
    headers: [...response.headers],
    body: await response.text(),
  };
}

const NOT_FOUND = {
  status: 404,
  headers: [['content-type', 'application/json']],
  body: '{"error":{"code":"session-not-found","message":"Session not found"}}',
};

describe('enter', () => {
  it('mints a scope for who brings nothing, and sets its cookie', async () => {
    const rig = new HostRig();
    const { isNew, headers, token } = await rig.enter();
    expect(isNew).toBe(true);
    expect(headers).toEqual([
      ['Set-Cookie', `__Host-mcp-scope=${token}; Path=/; HttpOnly; SameSite=Lax; Secure`],
      ['Cache-Control', 'no-store'],
    ]);
  });

  it('finds the scope again by its cookie, and sets none', async () => {
    const rig = new HostRig();
    const first = await rig.enter();
    const second = await rig.enter(cookieOf(first));
    expect(second.scope).toBe(first.scope);
    expect(second).toMatchObject({ isNew: false, headers: [], token: first.token });
  });

  it('finds the scope by its header, whatever its case in the options', async () => {
    const rig = new HostRig({ header: 'X-My-Scope' });
    const { scope, token } = await rig.enter();
    const again = await rig.enter({ 'x-my-scope': token! });
    expect(again.scope).toBe(scope);
  });

  it('prefers the header to the cookie', async () => {
    const rig = new HostRig();
    const [one, two] = [await rig.enter(), await rig.enter()];
    const { scope } = await rig.enter({ ...cookieOf(one), [HEADER]: two.token! });
    expect(scope).toBe(two.scope);
  });

  it('mints anew for a stale cookie', async () => {
    const rig = new HostRig();
    const first = await rig.enter();
    first.scope.close();
    await rig.gone();
    const second = await rig.enter(cookieOf(first));
    expect(second.isNew).toBe(true);
    expect(second.scope).not.toBe(first.scope);
    expect(cookieOf(second)).not.toEqual(cookieOf(first));
  });

  it('mints anew for a forged cookie', async () => {
    const rig = new HostRig();
    const { token, scope } = await rig.enter();
    const forged = `${token!.slice(0, 30)}${'A'.repeat(39)}`;
    const second = await rig.enter({ cookie: `__Host-mcp-scope=${forged}` });
    expect(second.isNew).toBe(true);
    expect(second.scope).not.toBe(scope);
  });

  it('refuses a stale, a forged, a foreign and an unknown header with the same bytes', async () => {
    const rig = new HostRig();
    const stale = await rig.enter();
    stale.scope.close();
    await rig.gone();
    const { token } = await rig.enter({ 'x-user': 'alice' });
    const unknown = await new ScopeTokens([SECRET]).sign('abcdefghijklmnopqrstuvwxyz');
    for (const [user, value] of [
      ['alice', stale.token!],
      ['bob', token!],
      ['alice', unknown],
      ['alice', `${token!}x`],
      ['alice', `${token!}, ${token!}`],
      ['alice', ''],
      ['alice', 'null'],
    ] as const) {
      const request = rig.enter({ 'x-user': user, [HEADER]: value });
      expect([value, await refusalOf(request)]).toEqual([value, NOT_FOUND]);
    }
  });

  it('refuses a bad header although the cookie is good', async () => {
    const rig = new HostRig();
    const cookie = cookieOf(await rig.enter());
    expect(await refusalOf(rig.enter({ ...cookie, [HEADER]: 'x' }))).toEqual(NOT_FOUND);
  });

  it("answers Bob with Alice's cookie as it answers an unknown one: with a scope of his own", async () => {
    const rig = new HostRig();
    const alice = await rig.enter({ 'x-user': 'alice' });
    const bob = await rig.enter({ 'x-user': 'bob', ...cookieOf(alice) });
    expect(bob.isNew).toBe(true);
    expect(bob.scope).not.toBe(alice.scope);
    expect(bob.scope.principal).toBe('bob');
    const nobody = await rig.enter(cookieOf(alice));
    expect(nobody.isNew).toBe(true);
  });

  it('gives who logs in a scope that no one else had before', async () => {
    const rig = new HostRig();
    const before = await rig.enter();
    const after = await rig.enter({ 'x-user': 'alice', ...cookieOf(before) });
    expect(after.isNew).toBe(true);
  });

  it('takes the first cookie of its name that is its own', async () => {
    const rig = new HostRig();
    const { token, scope } = await rig.enter();
    const name = '__Host-mcp-scope';
    const cookie = `a=b; ${name}=tossed; ${name}=; ${name}x=1; ${name}=${token}; c`;
    expect((await rig.enter({ cookie })).scope).toBe(scope);
  });

  it('signs a cookie anew that an outgoing secret had signed', async () => {
    const outgoing = 'the secret that was in use until yesterday';
    const rig = new HostRig({ secret: [SECRET, outgoing] });
    const { scope, token } = await rig.enter();
    const id = token!.split('.')[0]!;
    const old = await new ScopeTokens([outgoing]).sign(id);
    const entered = await rig.enter({ cookie: `__Host-mcp-scope=${old}` });
    expect(entered.scope).toBe(scope);
    expect(entered.isNew).toBe(false);
    expect(cookieOf(entered)).toEqual({ cookie: `__Host-mcp-scope=${token}` });
    // Who sends a header is not told by cookie.
    expect((await rig.enter({ [HEADER]: old })).headers).toEqual([]);
  });

  it('believes what it is told of the principal, and asks nobody then', async () => {
    const rig = new HostRig();
    const request = rig.request({ 'x-user': 'mallory' });
    const { scope, token } = await rig.host.enter(request, { principal: 'alice' });
    expect(scope.principal).toBe('alice');
    expect(await refusalOf(rig.enter({ 'x-user': 'mallory', [HEADER]: token! }))).toEqual(
      NOT_FOUND,
    );
    const anonymous = await rig.host.enter(request, { principal: undefined });
    expect(anonymous.scope.principal).toBeUndefined();
  });

  it('refuses a principal that is nobody', async () => {
    const rig = new HostRig({ principal: async () => '' });
    await expect(rig.enter()).rejects.toMatchObject({ code: 'principal-missing', status: 403 });
  });

  it("lets an error of the application's own callback through", async () => {
    const rig = new HostRig({ principal: () => Promise.reject(new Error('no database')) });
    await expect(rig.enter()).rejects.toThrow('no database');
  });

  it("reads node's requests", async () => {
    const rig = new HostRig();
    const headers = { host: 'localhost:3000' };
    const first = await rig.host.enter({ method: 'GET', headers });
    const again = await rig.host.enter({ headers: { ...headers, ...cookieOf(first) } });
    expect(again.scope).toBe(first.scope);
  });

  it.each([
    [{ host: 'evil.example' }, 'host-forbidden'],
    [{ host: 'localhost', origin: 'https://evil.example' }, 'origin-forbidden'],
    [{ host: 'localhost', origin: 'null' }, 'origin-forbidden'],
    [{}, 'host-forbidden'],
  ])('refuses a request with the headers %j', async (headers, code) => {
    const rig = new HostRig();
    const entering = rig.host.enter({ method: 'POST', headers });
    await expect(entering).rejects.toMatchObject({ code, status: 403 });
    expect(rig.host.stats()).toMatchObject({ spawned: 0, refusals: { [code]: 1 } });
  });

  it('takes the hosts and origins it was given', async () => {
    const rig = new HostRig({ allowedHosts: ['app.example'] });
    const headers = { host: 'app.example', origin: 'https://app.example' };
    await expect(rig.host.enter({ headers })).resolves.toMatchObject({ isNew: true });
    await expect(rig.enter()).rejects.toMatchObject({ code: 'host-forbidden' });
  });

  it('refuses with 503 and Retry-After at capacity, and while draining', async () => {
    const rig = new HostRig({ maxSessions: 1 });
    const { scope } = await rig.enter();
    const gates = new Gates();
    const work = scope.run((_, signal) => gates.pass('work', signal));
    const refused = await refusalOf(rig.enter());
    expect(refused).toMatchObject({
      status: 503,
      headers: expect.arrayContaining([['retry-after', '5']]) as unknown,
    });
    expect(rig.host.stats()).toMatchObject({
      limits: { maxSessions: 1 },
      refusals: { 'at-capacity': 1 },
    });
    const drained = rig.host.drain({ deadlineMs: 1000 });
    expect(rig.host.isReady).toBe(false);
    await expect(rig.enter()).rejects.toMatchObject({ code: 'draining', status: 503 });
    gates.open('work');
    await work;
    expect(await drained).toMatchObject({ sessions: 1, settled: 1, cut: 0 });
  });
});

describe('a scope that somebody comes for', () => {
  const COMES: [string, (rig: HostRig, headers: Record<string, string>) => Promise<unknown>][] = [
    ['enter', (rig, headers) => rig.enter(headers)],
    ['find', (rig, headers) => rig.host.find(rig.request(headers))],
  ];
  it.each(COMES)('by %s is kept for another idleTimeoutMs', async (_, come) => {
    const rig = new HostRig({ scopeOf });
    const named = { 'x-parts': '["one"]' };
    await rig.enter(named);
    const minted = cookieOf(await rig.enter());
    for (let i = 0; i < 5; i++) {
      await rig.clock.elapse(4 * 60_000);
      await come(rig, named);
      await come(rig, minted);
    }
    expect(rig.host.stats()).toMatchObject({ spawned: 2, sessions: { total: 2 } });
    await rig.clock.elapse(6 * 60_000);
    expect(rig.host.stats()).toMatchObject({ sessions: { total: 0 }, evicted: { expired: 2 } });
  });
});

describe('find', () => {
  it('finds what there is and makes nothing', async () => {
    const rig = new HostRig();
    const first = await rig.enter({ 'x-user': 'alice' });
    const headers = { 'x-user': 'alice', ...cookieOf(first) };
    expect(await rig.host.find(rig.request(headers))).toBe(first.scope);
    for (const other of [{}, { ...headers, 'x-user': 'bob' }, { 'x-user': 'alice' }]) {
      expect(await refusalOf(rig.host.find(rig.request(other)))).toEqual(NOT_FOUND);
    }
    expect(rig.host.stats()).toMatchObject({ spawned: 1, refusals: { 'session-not-found': 3 } });
  });
});

/** A scope is named by what `x-parts` says. */
function scopeOf({ headers }: { readonly headers: object }): string[] | undefined {
  const parts: unknown = Reflect.get(headers, 'x-parts');
  return typeof parts === 'string' ? (JSON.parse(parts) as string[]) : undefined;
}

describe('scopeOf', () => {
  it('names a scope without any cookie', async () => {
    const rig = new HostRig({ scopeOf });
    const headers = { 'x-user': 'alice', 'x-parts': '["acme"]' };
    const first = await rig.enter(headers);
    expect(first).toMatchObject({ isNew: true, headers: [], token: undefined });
    expect(await rig.enter(headers)).toMatchObject({ isNew: false, scope: first.scope });
    expect(await rig.host.find(rig.request(headers))).toBe(first.scope);
  });

  it('keeps names apart whatever separators are in their parts, and those of principals', async () => {
    const rig = new HostRig({ scopeOf });
    const names = [
      ['a:b', 'c'],
      ['a', 'b:c'],
      ['a:b:c'],
      ['a', 'b', 'c'],
      ['a,b', 'c'],
      ['a","b', 'c'],
      ['a"', 'b', 'c'],
      ['a\\', 'b'],
      ['a', '\\b'],
      ['a\u0000b'],
      ['a', '\u0000b'],
      ['null'],
      [''],
      ['', ''],
      [],
    ];
    const users = [undefined, 'null', 'alice', 'alice"', '["alice"]'];
    const scopes = new Set();
    for (const user of users) {
      for (const name of names) {
        const headers = { 'x-parts': JSON.stringify(name), ...(user && { 'x-user': user }) };
        scopes.add((await rig.enter(headers)).scope);
        expect([user, name, rig.host.stats().spawned]).toEqual([user, name, scopes.size]);
      }
    }
    expect(scopes.size).toBe(users.length * names.length);
  });

  it('is no way to the scope a cookie names, nor the other way round', async () => {
    const rig = new HostRig({ scopeOf });
    const minted = await rig.enter();
    const id = minted.token!.split('.')[0]!;
    for (const name of [[id], [minted.token!], [minted.scope.key]]) {
      const { scope } = await rig.enter({ 'x-parts': JSON.stringify(name), ...cookieOf(minted) });
      expect(scope).not.toBe(minted.scope);
    }
    expect((await rig.enter(cookieOf(minted))).scope).toBe(minted.scope);
  });

  it('is told the principal', async () => {
    const rig = new HostRig({ scopeOf: async (_, user) => (user === undefined ? user : [user]) });
    const [alice, bob] = [
      await rig.enter({ 'x-user': 'alice' }),
      await rig.enter({ 'x-user': 'bob' }),
    ];
    expect(alice.scope).not.toBe(bob.scope);
    expect((await rig.enter({ 'x-user': 'alice' })).scope).toBe(alice.scope);
    // Nobody has a name: a cookie again.
    expect((await rig.enter()).headers).toHaveLength(2);
  });

  it('makes one scope for all who come at once', async () => {
    const rig = new HostRig({ scopeOf: async () => ['one'] });
    const entered = await Promise.all(Array.from({ length: 20 }, () => rig.enter()));
    expect(new Set(entered.map(({ scope }) => scope)).size).toBe(1);
    expect(entered.filter(({ isNew }) => isNew)).toHaveLength(1);
  });

  it('makes a new one while the old one is ending, and the end of the old one leaves it be', async () => {
    const rig = new HostRig({ scopeOf: () => ['one'] });
    const old = await rig.enter();
    const gates = new Gates();
    const work = old.scope.run((_, signal) => gates.pass('work', signal));
    old.scope.close();
    const ending = rig.host.find(rig.request());
    await expect(ending).rejects.toMatchObject({ code: 'session-not-found' });
    const next = await rig.enter();
    expect(next.isNew).toBe(true);
    gates.open('work');
    await work;
    while (rig.host.stats().evicted.terminated === 0) await rig.clock.elapse(1);
    expect((await rig.enter()).scope).toBe(next.scope);
  });

  it('must return strings', async () => {
    const rig = new HostRig({ scopeOf: () => [1] as unknown as string[] });
    await expect(rig.enter()).rejects.toMatchObject({ code: 'bad-option' });
  });
});
