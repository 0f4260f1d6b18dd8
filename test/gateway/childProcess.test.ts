import { describe, expect, it, test } from 'vitest';
import { childProcess, gatewayLog } from 'mcp-actors/gateway';
import { comesTrue, membersOf, runs } from '../support/processes.ts';
import { callText, connect, sdkV1 } from '../support/sdkClients.ts';
import { WireClient } from '../support/wireClient.ts';
import { misbehaving, next, startGateway } from './gateway.ts';

/** What a client is told when it initializes and there is nobody to answer. */
const UNAVAILABLE = {
  code: -32603,
  message: 'The server of this session could not be started',
  data: { code: 'server-unavailable', reason: 'crashed' },
};

/** The child, and what it has started. */
async function pidsOf(client: Parameters<typeof callText>[0]): Promise<number[]> {
  const pids = JSON.parse(String(await callText(client, 'pids'))) as (number | null)[];
  return pids.filter((pid) => pid !== null);
}

describe('childProcess starts one child for each session', () => {
  it('in a process group of its own, and ends it with the session', async () => {
    const { url, runtime } = await startGateway({ child: misbehaving() });
    const [alice, bob] = [sdkV1(), sdkV1()];
    const transport = await connect(alice, url);
    await connect(bob, url);
    const [[one = 0], [two = 0]] = await Promise.all([pidsOf(alice), pidsOf(bob)]);
    expect(one).not.toBe(two);
    expect(membersOf(one)).toEqual([one]);

    const ended = next(runtime, 'session.ended');
    await (transport as { terminateSession(): Promise<void> }).terminateSession();
    expect(await ended).toMatchObject({ reason: 'terminated' });
    // The session is not gone before its child is.
    expect(runs(one)).toBe(false);
    expect(await callText(bob, 'echo', { message: 'still here' })).toBe('still here');
    expect(runtime.stats().orphans).toBe(0);
  });

  it('passes on what is safe to inherit and what is named, and nothing else', async () => {
    process.env['GATEWAY_SECRET'] = 'hidden';
    const child = { ...misbehaving(), env: { GIVEN: 'yes' } };
    const { url } = await startGateway({ child });
    const client = sdkV1();
    await connect(client, url);
    const env = JSON.parse(String(await callText(client, 'env'))) as Record<string, string>;
    delete process.env['GATEWAY_SECRET'];
    const safe = ['GIVEN', 'HOME', 'LOGNAME', 'PATH', 'SHELL', 'TERM', 'USER'];
    expect(Object.keys(env).filter((name) => !safe.includes(name))).toEqual([]);
    expect(env).toMatchObject({ GIVEN: 'yes', PATH: process.env['PATH'] });
  });

  it('in the working directory it is given', async () => {
    const { url } = await startGateway({ child: { ...misbehaving(), cwd: '/' } });
    const client = sdkV1();
    await connect(client, url);
    expect(await callText(client, 'cwd')).toBe('/');
  });

  it('and no more than maxProcesses, those that are ending included', async () => {
    const child = {
      ...misbehaving('deaf'),
      maxProcesses: 1,
      eofTimeoutMs: 100,
      termTimeoutMs: 100,
    };
    const { runtime } = await startGateway({ child });
    const first = await WireClient.open(runtime);
    const [session] = runtime.residents();
    const answer = await first.call('tools/call', { name: 'pids' });
    const [pid = 0] = JSON.parse(textOf(answer)) as number[];
    await first.delete();
    const second = WireClient.of(runtime).then((client) => client.initialize());
    expect(runs(pid)).toBe(true);
    expect((await second).message.result).toBeDefined();
    expect(runs(pid)).toBe(false);
    expect(gatewayLog(session!)?.entries.map(({ text }) => text)).toContain(
      `process ${pid} gets SIGKILL`,
    );
  });
});

describe('childProcess ends the whole group', () => {
  test.each([
    ['that ignores the end of its input and SIGTERM', 'deaf'],
    ['that has started another process', 'fork'],
    ['that does both', 'deaf', 'fork'],
  ])('of a child %s', async (_what, ...flags) => {
    const child = { ...misbehaving(...flags), eofTimeoutMs: 100, termTimeoutMs: 100 };
    const { url, runtime } = await startGateway({ child });
    const client = sdkV1();
    const transport = await connect(client, url);
    const pids = await pidsOf(client);
    expect(pids).toHaveLength(flags.includes('fork') ? 2 : 1);
    const ended = next(runtime, 'session.ended');
    await (transport as { terminateSession(): Promise<void> }).terminateSession();
    await ended;
    expect(pids.filter(runs)).toEqual([]);
    expect(membersOf(pids[0]!)).toEqual([]);
    expect(runtime.stats().orphans).toBe(0);
  });

  it('also when its leader has ended by itself', async () => {
    const child = { ...misbehaving('fork'), eofTimeoutMs: 100, termTimeoutMs: 100 };
    const { runtime } = await startGateway({ child });
    const client = await WireClient.open(runtime);
    const [pid, other] = JSON.parse(
      textOf(await client.call('tools/call', { name: 'pids' })),
    ) as number[];
    const ended = next(runtime, 'session.ended');
    const answer = await client.call('tools/call', { name: 'exit', arguments: { code: 1 } });
    expect(answer.error?.data).toEqual({ code: 'session-crashed', reason: 'crashed' });
    expect(await ended).toMatchObject({ reason: 'crashed' });
    expect([pid!, other!].filter(runs)).toEqual([]);
  });

  it('once, when the runtime closes while it starts', async () => {
    const { runtime } = await startGateway({ child: misbehaving('mute') });
    const client = await WireClient.of(runtime);
    const answer = client.initialize();
    await next(runtime, 'session.started');
    const [session] = runtime.residents();
    const pid = gatewayLog(session!)?.pid ?? 0;
    expect(runs(pid)).toBe(true);
    await runtime.close();
    expect(runs(pid)).toBe(false);
    expect((await answer).message.error?.data).toMatchObject({ code: 'session-ended' });
  });
});

describe('a child that ends by itself', () => {
  it('with onCrash evict: one clear error for each caller, then 404', async () => {
    const { runtime } = await startGateway({ child: misbehaving() });
    const client = await WireClient.open(runtime);
    const crashed = next(runtime, 'session.crashed');
    const ended = next(runtime, 'session.ended');
    const [hanging, exiting] = await Promise.all([
      client.call('tools/call', { name: 'hang' }),
      client.call('tools/call', { name: 'exit', arguments: { code: 7 } }),
    ]);
    for (const { error } of [hanging, exiting]) {
      expect(error).toEqual({
        code: -32603,
        message: 'Internal error',
        data: { code: 'session-crashed', reason: 'crashed' },
      });
    }
    const { error } = await crashed;
    expect(error).toMatchObject({ code: 'server-ended' });
    expect((error as Error).message).toBe('the process behind the session exited with code 7');
    expect(await ended).toMatchObject({ reason: 'crashed' });
    expect((await client.request('ping')).status).toBe(404);
  });

  it('with onCrash restart: a fresh one that has heard the handshake', async () => {
    const { runtime, url } = await startGateway({ child: misbehaving(), onCrash: 'restart' });
    const client = sdkV1();
    await connect(client, url);
    const [before = 0] = await pidsOf(client);
    const crashed = next(runtime, 'session.crashed');
    process.kill(before, 'SIGKILL');
    expect((await crashed).restarted).toBe(true);
    const [after = 0] = await pidsOf(client);
    expect(after).not.toBe(before);
    expect(runs(before)).toBe(false);
    expect(runtime.residents()[0]?.wakeCount).toBe(1);
    const texts = gatewayLog(runtime.residents()[0]!)?.entries.map(({ text }) => text);
    expect(texts).toContain(`process ${before} was ended by SIGKILL`);
    expect(texts).toContain(`process ${after} started`);
  });

  it('has its last answer delivered', async () => {
    const { runtime } = await startGateway({ child: misbehaving() });
    const client = await WireClient.open(runtime);
    const ended = next(runtime, 'session.ended');
    const answer = await client.call('tools/call', { name: 'farewell' });
    expect(textOf(answer)).toBe('bye');
    expect(await ended).toMatchObject({ reason: 'crashed' });
  });

  it('counts as ended when it closes its stdout', async () => {
    const { runtime } = await startGateway({ child: misbehaving() });
    const client = await WireClient.open(runtime);
    const crashed = next(runtime, 'session.crashed');
    const answer = await client.call('tools/call', { name: 'closeStdout' });
    expect(answer.error?.data).toMatchObject({ code: 'session-crashed' });
    expect(String((await crashed).error)).toContain('closed its stdout');
  });
});

describe('a child that can not serve', () => {
  test.each([
    ['a command that is not there', { command: 'no-such-command-anywhere' }, /ENOENT/],
    ['a command that is no program', { command: import.meta.filename }, /EACCES/],
    ['a working directory that is not there', { ...misbehaving(), cwd: '/nowhere' }, /ENOENT/],
    ['one that ends before it answers', misbehaving('fails'), /exited with code 3/],
  ])('%s: initialize has one fixed error', async (_what, child, why) => {
    const { runtime } = await startGateway({ child });
    const crashed = next(runtime, 'session.crashed');
    const ended = next(runtime, 'session.ended');
    const client = await WireClient.of(runtime);
    const reply = await client.initialize();
    expect(reply.message.error).toEqual(UNAVAILABLE);
    expect(String((await crashed).error)).toMatch(why);
    expect(await ended).toMatchObject({ reason: 'crashed' });
    expect(runtime.stats().sessions.total).toBe(0);
  });

  it('never answers: handshakeTimeoutMs ends it', async () => {
    const { runtime } = await startGateway({
      child: misbehaving('mute'),
      handshakeTimeoutMs: 300,
    });
    const ended = next(runtime, 'session.ended');
    const client = await WireClient.of(runtime);
    const started = next(runtime, 'session.started');
    const answer = client.initialize();
    await started;
    const pid = gatewayLog(runtime.residents()[0]!)?.pid ?? 0;
    expect(runs(pid)).toBe(true);
    expect((await answer).message.error?.data).toEqual({
      code: 'session-ended',
      reason: 'handshake-timeout',
    });
    expect(await ended).toMatchObject({ reason: 'handshake-timeout' });
    expect(runs(pid)).toBe(false);
  });

  it('does not read: requests are refused, then its session crashes', async () => {
    const child = { ...misbehaving(), maxPendingBytes: 200_000 };
    const { runtime } = await startGateway({ child, maxInFlight: 1000 });
    const client = await WireClient.open(runtime);
    const stuffed = await client.request('tools/call', { name: 'stuff' });
    await stuffed.until(({ messages }) => messages.length > 0);
    const padding = 'z'.repeat(50_000);
    const answers: string[] = [];
    const refused = comesTrue(() => answers.some((each) => each.includes('session-busy')));
    const ask = async (): Promise<void> => {
      const reply = await (await client.request('ping', { padding })).whole();
      answers.push(reply.text);
    };
    const asked = Array.from({ length: 12 }, ask);
    await refused;
    const crashed = next(runtime, 'session.crashed');
    for (let i = 0; i < 12; i++) void client.notify('notifications/x', { padding });
    expect(String((await crashed).error)).toContain('does not read its stdin');
    await Promise.all(asked);
    expect(answers.filter((each) => !each.includes('"error"'))).toEqual([]);
  });
});

describe('childProcess checks its options before anything starts', () => {
  test.each([
    [{ command: '' }, /command/],
    [{ command: 'x', args: 'y' as unknown as string[] }, /args/],
    [{ command: 'x', eofTimeoutMs: -1 }, /eofTimeoutMs/],
    [{ command: 'x', maxLineBytes: Infinity }, /maxLineBytes/],
    [{ command: 'x', maxProcesses: 0 }, /maxProcesses/],
  ])('%j', (options, message) => {
    expect(() => childProcess(options)).toThrow(message);
  });
});

function textOf({ result }: { result?: Record<string, unknown> }): string {
  const [first] = (result?.['content'] ?? []) as { text: string }[];
  return first?.text ?? '';
}
