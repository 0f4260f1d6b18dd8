import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRuntime } from 'mcp-actors';
import { serve } from 'mcp-actors/node';
import { describe, expect, it } from 'vitest';
import { FakeServer } from '../support/fakeServer.ts';
import { childrenOf, comesTrue } from '../support/processes.ts';
import { Program } from '../support/program.ts';
import { callText, connect, sdkV1 } from '../support/sdkClients.ts';

/** The first process of a container of processes, if this machine has those. */
const CONTAINED = ['unshare', '-pf', '--kill-child', process.execPath, '--import', 'tsx'] as const;
const hasContainers =
  process.platform === 'linux' &&
  (
    await once(
      spawn('unshare', ['-pf', 'true']).on('error', () => {}),
      'close',
    )
  )[0] === 0;

const SERVER = 'test/support/signalledServer.ts';

async function start(...modes: string[]) {
  const program = new Program(SERVER, modes);
  const [, url = ''] = await program.says(/first at (\S+)/);
  const client = sdkV1();
  await connect(client, url);
  return { program, client };
}

describe('serve with signals', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    '%s lets work in flight finish, releases what sessions own, and ends the process by it',
    async (signal) => {
      const { program, client } = await start('busy');
      const call = callText(client, 'finish');
      await program.says(/first works/);
      program.process.kill(signal);
      expect(await call).toBe('finished');
      expect(await program.ended).toBe(signal);
      expect(program.stdout).toMatch(/first is draining\nfirst released\n/);
      expect(program.stderr).toBe('');
    },
  );

  it('takes a second signal in the same moment for the first one, passed on', async () => {
    const { program, client } = await start('repeated');
    const call = callText(client, 'finish');
    await program.says(/first works/);
    program.process.kill('SIGINT');
    program.process.kill('SIGTERM');
    expect(await call).toBe('finished');
    expect(await program.ended).toMatch(/SIG(INT|TERM)/);
    expect(program.stdout).toContain('first released');
  });

  it('does not wait after a second signal', async () => {
    const { program, client } = await start();
    const call = callText(client, 'hang').catch(() => 'cut');
    await program.says(/first works/);
    program.process.kill('SIGTERM');
    await program.says(/first is draining/);
    // Nobody says when a signal no longer counts as a repetition: it is sent until it does.
    await comesTrue(() => !program.process.kill('SIGTERM'));
    expect([await program.ended, await call]).toEqual(['SIGTERM', 'cut']);
    expect(program.stdout).not.toContain('first released');
  });

  it('ends the process though a release never ends', async () => {
    const { program, client } = await start('stuck');
    const call = callText(client, 'hang').catch(() => 'cut');
    await program.says(/first works/);
    program.process.kill('SIGTERM');
    expect([await program.ended, await call]).toEqual(['SIGTERM', 'cut']);
  });

  it('leaves the exit code to a program that listens to the signal as well', async () => {
    const { program } = await start('handles-signals', 'busy');
    program.process.kill('SIGTERM');
    expect(await program.ended).toBe(7);
    expect(program.stdout).toContain('first released');
  });

  it('waits for every server of the process', async () => {
    const { program } = await start('two');
    const client = sdkV1();
    await connect(client, (await program.says(/second at (\S+)/))[1]!);
    const call = callText(client, 'finish');
    await program.says(/second works/);
    program.process.kill('SIGTERM');
    expect(await call).toBe('finished');
    expect(await program.ended).toBe('SIGTERM');
    expect(program.stdout).toMatch(/first is closed[^]*second is closed/);
  });

  it('listens to no signal once the server is closed', async () => {
    const program = new Program(SERVER, ['closes']);
    await program.says(/listeners: 0/);
    expect(await program.ended).toBe(0);
  });

  it('is off unless it is asked for', async () => {
    const before = process.listenerCount('SIGTERM');
    const runtime = createRuntime({ server: () => new FakeServer() });
    await using host = await serve(runtime, { port: 0 });
    expect([host.port > 0, process.listenerCount('SIGTERM')]).toEqual([true, before]);
  });

  it.each([-1, Number.NaN, Infinity, '5'])('refuses { deadlineMs: %s }', async (deadlineMs) => {
    const runtime = createRuntime({ server: () => new FakeServer() });
    const signals = { deadlineMs: deadlineMs as number };
    await expect(serve(runtime, { port: 0, signals })).rejects.toMatchObject({
      code: 'bad-option',
    });
  });

  it.runIf(hasContainers)(
    'ends the first process of a container with 128 + the signal',
    async () => {
      const program = new Program(SERVER, ['busy'], {}, CONTAINED);
      await program.says(/first at/);
      process.kill(childrenOf(program.pid)[0]!, 'SIGTERM');
      expect(await program.ended).toBe(143);
    },
  );
});
