import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { RuntimeOptions, Session } from 'mcp-actors';
import { describe, expect, it, onTestFinished } from 'vitest';
import { eventually, turn } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import { openHost, LOCAL } from '../support/openHost.ts';
import { comesTrue, runs } from '../support/processes.ts';
import { WireClient } from '../support/wireClient.ts';

type Owning = (session: Session) => unknown;

interface Rig {
  readonly world: FakeRuntime;
  readonly client: WireClient;
  /** Resolves with the reason when the session is over. */
  readonly ended: Promise<string>;
}

/** A session that owns what its factory makes, with a handshake behind it. */
async function start(own: Owning, options: Partial<RuntimeOptions<unknown>> = {}): Promise<Rig> {
  const world: FakeRuntime = new FakeRuntime({
    ...options,
    server: (session) => {
      own(session);
      return world.serve();
    },
  });
  onTestFinished(() => world.runtime.close());
  const ended = new Promise<string>((resolve) => {
    world.runtime.on('session.ended', ({ reason }) => resolve(reason));
  });
  return { world, client: await world.open(), ended };
}

/** A shell that waits for lines on its stdin, killed with the test. */
function shell(script = 'cat >/dev/null', detached = false): ChildProcess {
  const child = spawn('/bin/sh', ['-c', script], { detached });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

const CRASHED = { data: { code: 'session-crashed' } };

// U9: an end nobody asked for is a crash of the session, by policy.
describe('a child process that a session owns and that ends by itself', () => {
  it.each([
    ['exits', (child: ChildProcess) => child.stdin?.end('exit 3\n'), 'exited with code 3'],
    ['is killed', (child: ChildProcess) => child.kill('SIGKILL'), 'was ended by SIGKILL'],
  ])('and %s crashes the session: calls end with an error', async (_how, end, text) => {
    let child!: ChildProcess;
    const { world, client, ended } = await start((session) => {
      child = session.own(spawn('/bin/sh'));
    });
    const crashes = world.record('session.crashed');
    const call = client.call('hold');
    end(child);
    expect((await call).error).toMatchObject(CRASHED);
    expect(await ended).toBe('crashed');
    expect(crashes).toMatchObject([
      {
        error: { code: 'resource-ended', message: `the owned process ${child.pid} ${text}` },
        restarted: false,
      },
    ]);
    expect(world.runtime.stats()).toMatchObject({ crashes: 1, evicted: { crashed: 1 } });
  });

  it('is followed by another one with onCrash: restart', async () => {
    const children: ChildProcess[] = [];
    const { world, client } = await start((session) => children.push(session.own(shell())), {
      onCrash: 'restart',
    });
    const call = client.call('hold');
    children[0]!.kill();
    expect((await call).error).toMatchObject(CRASHED);
    expect((await client.call('tools/list')).result).toMatchObject({ server: world.server.number });
    expect([children.length, world.runtime.stats().restarts]).toEqual([2, 1]);
  });

  it('crashes the session where it can not even be started', async () => {
    const world: FakeRuntime = new FakeRuntime({
      server: async (session) => {
        const child = session.own(spawn('/no/such/program'));
        await once(child, 'error');
        return world.serve();
      },
    });
    const crashes = world.record('session.crashed');
    const { message } = await (await WireClient.of(world.runtime)).initialize();
    expect(message.error).toMatchObject(CRASHED);
    expect(crashes).toMatchObject([{ error: { code: 'ENOENT' } }]);
    await eventually(() => world.runtime.stats().sessions.total === 0);
  });

  it('crashes the session where it had ended before it was owned', async () => {
    const child = shell('exit 4');
    await once(child, 'exit');
    const world: FakeRuntime = new FakeRuntime();
    const client = await world.open();
    const crashes = world.record('session.crashed');
    world.runtime.residents()[0]!.own(child);
    expect(crashes).toMatchObject([{ error: { message: expect.stringContaining('code 4') } }]);
    expect((await client.request('ping')).status).toBe(404);
  });

  it('is heard though something it has started holds its pipes', async () => {
    let child!: ChildProcess;
    const { world, client } = await start((session) => {
      child = session.own(shell('sleep 1000 & echo $!; read -r line', true));
    });
    const [pid] = (await once(child.stdout!, 'data')) as [Buffer];
    onTestFinished(() => void (runs(Number(pid)) && process.kill(Number(pid), 'SIGKILL')));
    const call = client.call('hold');
    const exit = once(child, 'exit');
    child.stdin?.end('\n');
    await exit;
    await world.clock.elapse(249);
    expect(world.runtime.stats().crashes).toBe(0);
    await world.clock.elapse(1);
    expect((await call).error).toMatchObject(CRASHED);
    // What it left in its process group is ended with the session.
    await comesTrue(() => !runs(Number(pid)));
  });

  it('and closes its stdin first: writing to it crashes the session, not the process', async () => {
    let child!: ChildProcess;
    const { world, ended } = await start((session) => {
      child = session.own(shell('exec 0<&-; echo closed; while :; do sleep 1; done'));
    });
    await once(child.stdout!, 'data');
    const broken = once(child.stdin!, 'error');
    child.stdin!.write('into the void');
    expect(await broken).toMatchObject([{ code: 'EPIPE' }]);
    await world.clock.elapse(250);
    expect(await ended).toBe('crashed');
  });

  it('is no crash at the end of its session', async () => {
    let child!: ChildProcess;
    const { world, client, ended } = await start((session) => {
      child = session.own(shell());
    });
    const exit = once(child, 'exit');
    void client.delete();
    expect([await exit, await ended]).toEqual([[null, 'SIGTERM'], 'terminated']);
    expect(world.runtime.stats()).toMatchObject({ crashes: 0, orphans: 0 });
  });

  it('cuts what waits for it in a session that is ending already', async () => {
    let child!: ChildProcess;
    const { world, client, ended } = await start((session) => {
      child = session.own(shell());
    });
    const call = client.call('hold');
    await turn();
    void client.delete();
    await turn();
    expect(world.runtime.stats().sessions.closing).toBe(1);
    child.kill();
    // On a clock that stands still: nobody waits for `closeTimeoutMs`.
    expect((await call).error).toMatchObject({ data: { code: 'session-ended' } });
    expect(await ended).toBe('terminated');
    expect(world.runtime.stats().crashes).toBe(0);
  });

  it('crashes no successor: an end of the server before', async () => {
    const children: ChildProcess[] = [];
    const { world, client } = await start(
      (session) => {
        const child = shell(children.length === 0 ? "trap '' TERM; echo up; cat" : 'cat');
        children.push(session.own(child, { deadlineMs: 50 }));
      },
      { onCrash: 'restart' },
    );
    await once(children[0]!.stdout!, 'data');
    children[0]!.emit('error', new Error('broken'));
    expect((await client.call('tools/list')).result).toBeDefined();
    expect(children[0]!.signalCode).toBe('SIGKILL');
    expect(world.runtime.stats()).toMatchObject({ crashes: 1, restarts: 1, orphans: 0 });
  });

  it("is nobody's business where it may: { mayEnd: true }", async () => {
    const { world, client } = await start(() => {});
    const [session] = world.runtime.residents();
    const child = session!.own(spawn('/bin/sh', ['-c', 'exit 5']), { mayEnd: true });
    child.stdin.write('nobody reads this');
    await once(child, 'close');
    child.stdin.write('nor this');
    await turn();
    expect((await client.call('tools/list')).result).toBeDefined();
    // It is owned no longer, and keeps nobody awake.
    await world.quiet();
    await world.clock.elapse(5 * 60_000);
    expect(world.runtime.stats()).toMatchObject({ crashes: 0, sessions: { asleep: 1 } });
  });

  it('takes with it what it has left in its group, where it may end', async () => {
    const { world } = await start(() => {});
    const [session] = world.runtime.residents();
    const child = session!.own(shell('sleep 1000 & echo $!', true), { mayEnd: true });
    const [pid] = (await once(child.stdout!, 'data')) as [Buffer];
    await comesTrue(() => !runs(Number(pid)));
    expect(world.runtime.stats().crashes).toBe(0);
  });
});

describe('the release of a child process', () => {
  it('is SIGTERM, then SIGKILL at its deadline, and waits until it is gone', async () => {
    let child!: ChildProcess;
    const { world, client, ended } = await start((session) => {
      child = session.own(shell("trap '' TERM; echo up; while :; do sleep 1; done"), {
        deadlineMs: 50,
      });
    });
    await once(child.stdout!, 'data');
    void client.delete();
    expect(await ended).toBe('terminated');
    expect(child.signalCode).toBe('SIGKILL');
    expect(world.runtime.stats().orphans).toBe(0);
  });

  it('ends all of its process group, where it has one of its own', async () => {
    let child!: ChildProcess;
    const { client, ended } = await start((session) => {
      child = session.own(shell('sleep 1000 & echo $!; wait', true));
    });
    const [pid] = (await once(child.stdout!, 'data')) as [Buffer];
    expect(runs(Number(pid))).toBe(true);
    void client.delete();
    await ended;
    expect([runs(child.pid!), runs(Number(pid))]).toEqual([false, false]);
  });
});

describe('a worker that a session owns', () => {
  it.each([
    ['exits', 'process.exit(3)', { code: 'resource-ended' }],
    ['throws', 'throw new Error("broken")', { message: 'broken' }],
  ])('and that %s crashes the session once', async (_how, code, error) => {
    let worker!: Worker;
    const { world, client, ended } = await start((session) => {
      worker = session.own(
        new Worker(`require('node:worker_threads').parentPort.once('message', () => { ${code} })`, {
          eval: true,
        }),
      );
    });
    const crashes = world.record('session.crashed');
    expect((await client.call('tools/list')).result).toBeDefined();
    const call = client.call('hold');
    worker.postMessage('end');
    expect((await call).error).toMatchObject(CRASHED);
    expect(await ended).toBe('crashed');
    expect(crashes).toMatchObject([{ error }]);
    expect(world.runtime.stats()).toMatchObject({ crashes: 1 });
  });
});

describe('a child process that a scope of a host owns', () => {
  it('crashes its scope when it ends by itself', async () => {
    const children: ChildProcess[] = [];
    const host = openHost(async (scope) => {
      children.push(scope.own(shell()));
      return children.length;
    });
    const { scope } = await host.enter(LOCAL);
    const work = scope.run(() => new Promise(() => {})).catch((error: unknown) => error);
    await eventually(() => children.length === 1);
    children[0]!.kill();
    expect(await work).toMatchObject({ cause: { code: 'resource-ended' } });
    expect(await scope.run((number) => number)).toBe(2);
  });
});
