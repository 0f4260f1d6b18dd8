import { describe, expect, it } from 'vitest';
import { eventually, turn } from '../support/eventually.ts';
import { LOCAL, openHost } from '../support/openHost.ts';
import { VirtualClock } from '../support/virtualClock.ts';

/** As little as can be connected. */
class FakeTransport {
  onmessage?: (message: unknown) => void;
  onclose?: () => void;
  terminated = 0;
  terminateSession: () => Promise<void> = async () => void this.terminated++;
  send = async (): Promise<void> => {};
  close = async (): Promise<void> => this.onclose?.();
}

class FakeClient {
  closes = 0;
  transport: FakeTransport | undefined;
  async connect(transport: FakeTransport): Promise<void> {
    this.transport = transport;
  }
  async close(): Promise<void> {
    this.closes++;
    await this.transport?.close();
  }
}

describe('connect', () => {
  it('closes once what could not connect, and what could', async () => {
    const bad = new FakeClient();
    bad.connect = () => Promise.reject(new Error('refused'));
    const good = new FakeClient();
    const transport = new FakeTransport();
    const host = openHost(async (scope) => {
      const failed = scope.connect('bad', bad, new FakeTransport());
      await expect(failed).rejects.toThrow('refused');
      expect(bad.closes).toBe(1);
      return scope.connect('good', good, transport);
    });
    const { scope } = await host.enter(LOCAL);
    expect(await scope.run((client) => client)).toBe(good);
    await host.close();
    expect([bad.closes, good.closes, transport.terminated]).toEqual([1, 1, 1]);
    expect(host.stats()).toMatchObject({ crashes: 0, orphans: 0 });
  });

  it('tells its caller alone of a connection that ends before it is there', async () => {
    const client = new FakeClient();
    const dying = new FakeTransport();
    client.connect = async () => {
      dying.onclose?.();
      throw new Error('hung up');
    };
    const host = openHost((scope) => scope.connect('dying', client, dying));
    const { scope } = await host.enter(LOCAL);
    await expect(scope.run(() => 1)).rejects.toThrow('hung up');
    await turn();
    expect(host.stats()).toMatchObject({ crashes: 0, sessions: { total: 1 } });
  });

  it('is no good where the connection ended in the same moment', async () => {
    const client = new FakeClient();
    const transport = new FakeTransport();
    client.connect = async () => transport.onclose?.();
    const host = openHost((scope) => scope.connect('gone', client, transport));
    const { scope } = await host.enter(LOCAL);
    await expect(scope.run(() => 1)).rejects.toThrow('the connection of gone was lost');
    expect([client.closes, host.stats().crashes]).toEqual([1, 0]);
  });

  it('crashes its scope with what onLost throws, and not the process', async () => {
    const transport = new FakeTransport();
    const host = openHost((scope) =>
      scope.connect('dying', new FakeClient(), transport, {
        onLost: () => {
          throw new Error('onLost');
        },
      }),
    );
    const crashed: unknown[] = [];
    host.on('session.crashed', ({ error }) => crashed.push(error));
    const { scope } = await host.enter(LOCAL);
    await scope.run(() => 1);
    transport.onclose?.();
    expect(crashed).toEqual([new Error('onLost')]);
  });

  it('waits a second for a server that does not hear of the end, then closes all the same', async () => {
    const clock = new VirtualClock();
    const client = new FakeClient();
    const transport = new FakeTransport();
    transport.terminateSession = () => new Promise(() => {});
    const host = openHost((scope) => scope.connect('deaf', client, transport), { clock });
    const { scope } = await host.enter(LOCAL);
    await scope.run(() => 1);
    scope.close();
    await clock.elapse(999);
    expect(client.closes).toBe(0);
    await clock.elapse(1);
    await eventually(() => host.stats().sessions.total === 0);
    expect(client.closes).toBe(1);
  });

  it('takes no for an answer of a server that is told of the end', async () => {
    const client = new FakeClient();
    const transport = new FakeTransport();
    transport.terminateSession = () => Promise.reject(new Error('405'));
    const host = openHost((scope) => scope.connect('stubborn', client, transport));
    const { scope } = await host.enter(LOCAL);
    await scope.run(() => 1);
    await host.close();
    expect(client.closes).toBe(1);
    expect(host.stats().orphans).toBe(0);
  });
});
