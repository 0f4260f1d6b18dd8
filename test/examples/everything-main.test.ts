import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { EverythingClient } from './everything-client.ts';

const root = join(import.meta.dirname, '../..');
const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

/** `npm start`, and all it says. */
function start(port: number | string) {
  const child = spawn(process.execPath, ['--import', 'tsx', 'examples/everything/main.ts'], {
    cwd: root,
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (said.out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (said.err += chunk));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const url = async () => {
    await expect.poll(() => said.out, { timeout: 20_000 }).toMatch(/listens at \S+\n/);
    return /listens at (\S+)/.exec(said.out)?.[1] ?? '';
  };
  return { child, said, ended, url };
}

describe('npm start', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'finishes what is in flight on %s and exits 0',
    async (signal) => {
      const { child, said, ended, url } = start(0);
      const { client } = await EverythingClient.connect(await url());
      const call = client.callTool(
        { name: 'long-running', arguments: { duration: 0.2, steps: 2 } },
        undefined,
        { onprogress: ({ progress }) => progress === 1 && child.kill(signal) },
      );
      expect(await call).toMatchObject({ content: [{ text: 'Done: 2 steps in 0.2 seconds.' }] });
      expect(await ended).toBe(0);
      expect(said.err).toBe('');
      expect(said.out).toContain('sessions: ');
      await client.close();
    },
  );

  it('says in one sentence that its port is busy, and exits 1', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    await once(busy, 'listening');
    const { port } = busy.address() as AddressInfo;
    const { said, ended } = start(port);
    expect(await ended).toBe(1);
    expect(said.err).toMatch(new RegExp(`^Port ${port} is already in use; .*\\.\n$`));
    busy.close();
  });

  it('says in one sentence what PORT takes, and exits 1', async () => {
    const { said, ended } = start('many');
    expect(await ended).toBe(1);
    expect(said.err).toMatch(/^PORT must be .*\.\n$/);
  });
});
