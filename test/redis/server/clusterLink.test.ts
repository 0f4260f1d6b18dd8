import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { RedisLink, type RedisLinkOptions } from '../../../src/redis/cluster/redisLink.ts';
import { type ConnectLink, linkContract } from '../../cluster/linkContract.ts';
import { eventually, turn } from '../../support/eventually.ts';
import { RedisClusterOfTest } from '../../support/redisCluster.ts';
import { RedisServer } from '../../support/redisServer.ts';
import { TcpProxy } from '../../support/tcpProxy.ts';

let server: RedisServer;
let cluster: RedisClusterOfTest;
beforeAll(async () => {
  server = await RedisServer.start();
  cluster = await RedisClusterOfTest.start(3);
});
afterAll(async () => {
  await server.end();
  await cluster.end();
});

function linkTo(options: Partial<RedisLinkOptions>): RedisLink {
  const link = new RedisLink({ prefix: 'mcpa:', timeoutMs: 3000, ...options });
  onTestFinished(() => link.close());
  return link;
}

/** Resolves when an inbox was lost, and there is another. */
async function interrupted(link: RedisLink, lose: () => unknown): Promise<void> {
  const { generation } = link;
  await lose();
  await eventually(() => link.generation >= generation + 2);
}

const connect: ConnectLink = async () => {
  const proxy = await TcpProxy.to(server.port);
  const link = linkTo({ url: proxy.url });
  return { link, interrupt: () => interrupted(link, () => proxy.cut()) };
};

linkContract('RedisLink', connect);

linkContract('RedisLink in a Redis Cluster', async () => {
  const client = cluster.client();
  onTestFinished(() => client.disconnect());
  const link = linkTo({ client, prefix: '{mcpa}:' });
  const kill = (): Promise<unknown> =>
    Promise.all(
      cluster.servers.map((each) =>
        each.command('CLIENT', 'KILL', 'TYPE', 'pubsub', 'SKIPME', 'yes'),
      ),
    );
  return { link, interrupt: () => interrupted(link, kill) };
});

describe('RedisLink', () => {
  it('publishes in the slot of its prefix, in a Redis Cluster', async () => {
    const client = cluster.client();
    onTestFinished(() => client.disconnect());
    const link = linkTo({ client, prefix: '{slot}:' });
    await link.listen('a#1', () => {});
    const channels = await Promise.all(
      cluster.servers.map((each) => each.command('PUBSUB', 'SHARDCHANNELS', '{slot}:*')),
    );
    expect(channels.flat()).toEqual(['{slot}:in:a#1']);
  });

  it('has every incarnation before its generation counts, after Redis came back', async () => {
    const own = await RedisServer.ofTest();
    const [link, other] = [linkTo({ url: own.url }), linkTo({ url: own.url })];
    const heard: string[] = [];
    for (const as of ['a#1', 'a#2']) await link.listen(as, () => heard.push(as));
    expect(await other.send('a#1', Buffer.from('heard'))).toBe(1);
    await own.kill();
    expect(await other.send('a#1', Buffer.from('lost'))).toBeUndefined();
    await eventually(() => link.generation === 1);
    await own.start();
    await eventually(() => link.generation === 2);
    const count = async (as: string): Promise<unknown> => {
      const [, listeners] = (await own.command('PUBSUB', 'NUMSUB', `mcpa:in:${as}`)) as unknown[];
      return listeners;
    };
    expect([await count('a#1'), await count('a#2')]).toEqual([1, 1]);
  });

  it('listens and is deaf while there is no server, for whoever waits until there is one', async () => {
    const own = await RedisServer.ofTest();
    const link = linkTo({ url: own.url });
    await link.listen('a#1', () => {});
    await own.kill();
    await eventually(() => link.generation === 1);
    const listening = link.listen('a#2', () => {});
    await link.deafen('a#1');
    await own.start();
    await listening;
    const channels = await own.command('PUBSUB', 'CHANNELS');
    expect(channels).toEqual(['mcpa:in:a#2']);
  });

  it('rejects to listen where no server comes, and does not hear later', async () => {
    const own = await RedisServer.ofTest();
    await own.kill();
    const link = linkTo({ url: own.url, timeoutMs: 200 });
    const refused = { code: 'store-unavailable' };
    await expect(link.listen('a#1', () => {})).rejects.toMatchObject(refused);
    await own.start();
    await link.listen('a#2', () => {}).catch(async () => link.listen('a#2', () => {}));
    expect(await own.command('PUBSUB', 'CHANNELS')).toEqual(['mcpa:in:a#2']);
  });

  it('rejects at once where the server lets nobody in, and tells no password', async () => {
    const own = await RedisServer.ofTest('--requirepass', 'right');
    const link = linkTo({ url: own.url.replace('//', '//:wrong-password@'), timeoutMs: 20_000 });
    const error: unknown = await link.listen('a#1', () => {}).catch((each: unknown) => each);
    expect(error).toMatchObject({ code: 'store-unavailable', message: /password/ });
    const { cause } = error as { cause: Error };
    expect(JSON.stringify([cause, cause.message])).not.toContain('wrong-password');
  });

  it('gives up on a server that answers nothing: the frame may have been heard', async () => {
    const own = await RedisServer.ofTest();
    const link = linkTo({ url: own.url, timeoutMs: 300 });
    await link.listen('a#1', () => {});
    expect(await link.send('a#1', Buffer.from('one'))).toBe(1);
    own.freeze();
    const sent = link.send('a#1', Buffer.from('two'));
    expect(link.unread('a#1')).toBe(3);
    expect(await sent).toBeUndefined();
    expect(link.unread('a#1')).toBe(0);
    own.thaw();
  });

  it('makes another inbox where its own does not get what it sends to itself', async () => {
    const proxy = await TcpProxy.to(server.port);
    const link = linkTo({ url: proxy.url, prefix: 'deaf:', timeoutMs: 300 });
    const heard: string[] = [];
    await link.listen('a#1', (frame) => heard.push(frame.toString()));
    // The connection of the inbox says nothing any more, and does not end.
    proxy.onAnswer = (bytes) => bytes.includes('message');
    expect(await link.send('a#1', Buffer.from('ping'))).toBe(1);
    await eventually(() => link.generation >= 2);
    proxy.onAnswer = () => false;
    while ((await link.send('a#1', Buffer.from('pong'))) !== 1) await turn();
    await eventually(() => heard.length > 0);
    expect(heard[0]).toBe('pong');
  });

  it('makes another inbox where the server that publishes is not the one it hears', async () => {
    const [old, now] = [await RedisServer.ofTest(), await RedisServer.ofTest()];
    const proxy = await TcpProxy.to(old.port);
    const link = linkTo({ url: proxy.url });
    const heard: string[] = [];
    await link.listen('a#1', (frame) => heard.push(frame.toString()));
    await link.send('a#1', Buffer.from('before'));
    proxy.target = now.port;
    // As a failover leaves it: what publishes has gone on to the new master, the inbox has not.
    await old.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    while ((await link.send('a#1', Buffer.from('after'))) !== 1) await turn();
    await eventually(() => heard.at(-1) === 'after');
    expect(link.generation).toBe(2);
  });
});
