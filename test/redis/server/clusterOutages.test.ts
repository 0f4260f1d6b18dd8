import type { Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { redisEngine } from '../../../src/redis/cluster/redisEngine.ts';
import {
  ABOUT,
  asleep,
  birth,
  born,
  byClaim,
  held,
  LEASE_MS,
  node,
  owned,
  print,
  put,
  remove,
  row,
} from '../../cluster/engineRig.ts';
import { RedisServer } from '../../support/redisServer.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';

const unavailable = { code: 'store-unavailable' };

async function behindProxy() {
  const server = await RedisServer.ofTest();
  const proxy = await TcpProxy.to(server.port);
  const home = {
    connect: (url = proxy.url, timeoutMs = 5000) => {
      const engine = redisEngine({ url, prefix: 'mcpa:', timeoutMs });
      onTestFinished(() => engine.close());
      return engine;
    },
  };
  return { server, proxy, home };
}

/** The next answer is lost together with its connection. */
function loseAnswer(proxy: TcpProxy): Promise<void> {
  return new Promise((resolve) => {
    proxy.onAnswer = (_bytes: Buffer, near: Socket) => {
      proxy.onAnswer = () => false;
      near.destroy();
      resolve();
      return true;
    };
  });
}

describe('a lease of redisEngine', () => {
  it('ends by itself, and the session of its node is there for others', async () => {
    const { home } = await behindProxy();
    const a = home.connect();
    await a.join('a#1', 300, ABOUT);
    const b = await node(home, 'b#1');
    await born({ engine: a, as: 'a#1', sessions: a.space(undefined) }, 's');
    expect(await b.sessions.claim(print('s'), 'b#1', 0)).toMatchObject({ is: 'theirs' });
    await expect.poll(async () => b.engine.leftMs('a#1')).toBe(0);
    expect(await a.renew('a#1', 300, ABOUT)).toMatchObject({ isKept: false });
    const claim = await b.sessions.claim(print('s'), 'b#1', 0);
    expect(claim).toMatchObject({ is: 'ours', from: 'a#1' });
  });

  it('is renewed while the connection of sessions is stuck behind a long answer', async () => {
    const { home, proxy } = await behindProxy();
    const a = await node(home, 'a#1');
    await born(a, 's');
    const heldBack: (() => void)[] = [];
    let stuck: Socket | undefined;
    proxy.onAnswer = (bytes, near) => {
      stuck ??= near;
      return stuck === near && heldBack.push(() => near.write(bytes)) > 0;
    };
    const long = a.sessions.read(print('s'));
    await expect.poll(() => heldBack.length).toBe(1);
    expect(await a.engine.renew('a#1', LEASE_MS, ABOUT)).toMatchObject({ isKept: true });
    expect(await a.engine.leftMs('a#1')).toBeGreaterThan(0);
    proxy.onAnswer = () => false;
    for (const go of heldBack) go();
    expect(String((await long)?.record)).toBe('s');
  });
});

describe('an answer that redisEngine does not hear', () => {
  it('of a write, a release or a removal is asked for again: done once, told done', async () => {
    const { home, proxy } = await behindProxy();
    const a = await node(home, 'a#1');
    const { sessions } = a;
    const ask = async <T>(work: () => Promise<T>): Promise<T> => {
      const lost = loseAnswer(proxy);
      const answer = work();
      await lost;
      return answer;
    };
    const begins = birth('s', 10, put('s'), row(1));
    expect(await ask(() => sessions.write('a#1', [begins]))).toEqual(['done']);
    const goesOn = byClaim('s', 10, 2, put('two'), row(2));
    expect(await ask(() => sessions.write('a#1', [goesOn]))).toEqual(['done']);
    expect(await held(sessions, 's')).toEqual({ record: 'two', rows: { 1: 'row 1', 2: 'row 2' } });
    expect(await ask(() => sessions.release('a#1', owned('s', 10, 2)))).toBe('done');
    expect(await ask(() => sessions.reassert('a#1', [owned('s', 10, 2)]))).toEqual(['ours']);
    const ends = byClaim('s', 10, 3, remove('over'));
    expect(await ask(() => sessions.write('a#1', [ends]))).toEqual(['done']);
    expect(await sessions.look(print('s'))).toMatchObject({ is: 'ended' });
  });

  it('of a claim is asked for again, and only the answer that came is a claim', async () => {
    const { home, proxy, server } = await behindProxy();
    const a = await node(home, 'a#1');
    await asleep(a, 's');
    const lost = loseAnswer(proxy);
    const claiming = a.sessions.claim(print('s'), 'a#1', 0);
    await lost;
    const first = await server.command('HGET', `mcpa:{${print('s')}}`, 't');
    const claim = await claiming;
    if (claim.is !== 'ours') throw new Error(claim.is);
    expect(claim.token).toBeGreaterThan(Number(first));
    const write = byClaim('s', Number(first), 2, put('x'));
    expect(await a.sessions.write('a#1', [write])).toEqual(['lost']);
  });

  it('of a lease is asked for again', async () => {
    const { home, proxy } = await behindProxy();
    const { engine } = await node(home, 'a#1');
    const lost = loseAnswer(proxy);
    const beat = engine.renew('a#1', LEASE_MS, ABOUT);
    await lost;
    expect(await beat).toMatchObject({ isKept: true });
  });
});

describe('a connection of redisEngine', () => {
  it('that was lost and is there again is told of, also before what waited for it is answered', async () => {
    const { home, proxy } = await behindProxy();
    const { engine, sessions } = await node(home, 'a#1');
    await sessions.look(print('s'));
    const told: string[] = [];
    engine.onReconnect(() => void told.push('reconnect'));
    await engine.renew('a#1', LEASE_MS, ABOUT);
    expect(told).toEqual([]);
    proxy.onAnswer = () => true;
    const asked = sessions.look(print('s')).finally(() => told.push('answer'));
    proxy.onAnswer = () => false;
    proxy.cut();
    await asked;
    expect(told).toContain('reconnect');
    expect(told.at(-1)).toBe('answer');
  });

  it('behind which another Redis answers is told of before the beat is handed on', async () => {
    const { home, proxy } = await behindProxy();
    const { engine, sessions, as } = await node(home, 'a#1');
    const { server } = await engine.renew(as, LEASE_MS, ABOUT);
    const told: string[] = [];
    engine.onReconnect(() => void told.push('reconnect'));
    proxy.onAnswer = (bytes, near) => {
      const text = bytes.toString('latin1');
      near.write(Buffer.from(text.replace(server, server.replaceAll(/./g, '0')), 'latin1'));
      return true;
    };
    await engine.renew(as, LEASE_MS, ABOUT).finally(() => told.push('beat'));
    expect(told).toEqual(['reconnect', 'beat']);
    // By the other's name nothing is done by this one.
    await expect(sessions.write(as, [birth('s', 10)])).rejects.toMatchObject(unavailable);
  });

  it('has one write under way, so that none overtakes another', async () => {
    const { home, proxy, server } = await behindProxy();
    const { sessions } = await node(home, 'a#1');
    await sessions.write('a#1', [birth('s', 10)]);
    const heldBack: (() => void)[] = [];
    proxy.onAnswer = (bytes, near) => heldBack.push(() => near.write(bytes)) > 0;
    const write = async (revision: number) =>
      sessions.write('a#1', [byClaim('s', 10, revision, put(`${revision}`))]);
    const writes = [write(2)];
    await expect.poll(() => heldBack.length).toBe(1);
    writes.push(write(3));
    // On the same connection: what was sent before is made before.
    const looked = sessions.look(print('s'));
    await expect.poll(() => heldBack.length).toBe(2);
    expect(await server.command('HGET', `mcpa:{${print('s')}}`, 'v')).toBe('2');
    proxy.onAnswer = () => false;
    for (const go of heldBack) go();
    expect(await Promise.all(writes)).toEqual([['done'], ['done']]);
    expect(await looked).toMatchObject({ is: 'owned' });
    expect(await held(sessions, 's')).toMatchObject({ record: '3' });
  });

  it('to a Redis that is gone is store-unavailable within timeoutMs, and used when it is there', async () => {
    const { home, server } = await behindProxy();
    const { engine, sessions } = await node(
      { connect: () => home.connect(server.url, 400) },
      'a#1',
    );
    await server.kill();
    const asked = [
      engine.renew('a#1', LEASE_MS, ABOUT),
      engine.members(),
      sessions.look(print('s')),
      sessions.write('a#1', [birth('s', 10)]),
      sessions.due(1, 1),
    ];
    for (const each of asked) await expect(each).rejects.toMatchObject(unavailable);
    await server.start();
    await expect.poll(async () => engine.leftMs('a#1').catch(() => -1)).toBe(0);
    expect(await engine.join('a#2', LEASE_MS, ABOUT)).toMatchObject({ isKept: true });
    expect(await sessions.write('a#2', [birth('s', 10)])).toEqual(['done']);
  });

  it('leads to a replica that became the master: what waits is refused, until its beat is heard', async () => {
    const { home, proxy, server } = await behindProxy();
    const replica = await RedisServer.ofTest('--replicaof', `127.0.0.1 ${server.port}`);
    await replica.says(/MASTER <-> REPLICA sync: Finished with success/);
    const a = await node(home, 'a#1');
    await asleep(a, 'free');
    const behind = async () => String(await replica.command('GET', `mcpa:{${print('free')}}s`));
    await expect.poll(behind).toBe('free');
    // The connections are there, and lead elsewhere: what is asked now is meant for the old master.
    proxy.target = replica.port;
    await replica.command('REPLICAOF', 'NO', 'ONE');
    proxy.cut();
    const claim = a.sessions.claim(print('free'), 'a#1', 0);
    await expect(claim).rejects.toMatchObject(unavailable);
    expect(await replica.command('HGET', `mcpa:{${print('free')}}`, 'o')).toBe('');
    await a.engine.renew('a#1', LEASE_MS, ABOUT);
    expect(await a.sessions.claim(print('free'), 'a#1', 0)).toMatchObject({ is: 'ours' });
  });
});

it('redisEngine takes an answer that is none for store-unavailable, and no session for unknown', async () => {
  const { home, proxy } = await behindProxy();
  const { sessions } = await node(home, 'a#1');
  await sessions.look(print('s'));
  for (const answer of ['*1\r\n$5\r\nstran\r\n', '+OK\r\n', ':1\r\n', '*0\r\n', '$-1\r\n']) {
    proxy.answer = answer;
    const asked = [
      async () => sessions.look(print('s')),
      async () => sessions.claim(print('s'), 'a#1', 0),
      async () => sessions.write('a#1', [birth('s', 10)]),
      async () => sessions.release('a#1', owned('s', 10, 1)),
    ];
    for (const ask of asked) await expect(ask()).rejects.toMatchObject(unavailable);
    proxy.answer = undefined;
    expect(await sessions.look(print('s'))).toEqual({ is: 'unknown' });
  }
});
