import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { RedisServer } from '../support/redisServer.ts';
import { everythingBundle } from '../support/everythingBundle.ts';
import { childrenOf, runs } from '../support/processes.ts';
import { rawStore } from '../support/rawStore.ts';
import { storeFolder } from '../support/storeFolder.ts';
import { EverythingClient } from './everything-client.ts';

const root = join(import.meta.dirname, '../..');
const running = new Set<ChildProcess>();
let program: string;

beforeAll(async () => {
  program = await everythingBundle();
});

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

/** What `npm start` runs, and all it says. */
function start(port: number | string, ...args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], {
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
    await expect.poll(() => said.out).toMatch(/listens at \S+\n/);
    return /listens at (\S+)/.exec(said.out)?.[1] ?? '';
  };
  return { child, said, ended, url };
}

describe('npm start', () => {
  it('U24: names a command that runs on this Node, and it does', async () => {
    const { said, url } = start(0);
    const served = await url();
    await expect.poll(() => said.out).toMatch(/Ctrl-C/);
    const [, line = ''] = /^ {2}\w.* npx (.*)$/m.exec(said.out) ?? [];
    const [major = 0] = process.versions.node.split('.').map(Number);
    expect(line).toContain(major < 22 ? `check ${served}` : served);
    if (major >= 22) return;
    const check = spawn('npx', line.split(' '), { cwd: root, stdio: 'ignore' });
    expect(await once(check, 'close')).toEqual([0, null]);
  });

  it('says what to do next: connect, look, see, keep, write one', async () => {
    const { said, url } = start(0);
    const served = await url();
    await expect.poll(() => said.out).toMatch(/Ctrl-C/);
    expect(said.out).toContain(`claude mcp add --transport http everything ${served}\n`);
    expect(said.out).toContain('See every session: npm start -- --inspect\n');
    expect(said.out).toContain('Keep sessions when the server ends: npm start -- --data ./data\n');
    const [, page = ''] = /^Write a server of your own: (.*)$/m.exec(said.out) ?? [];
    expect(existsSync(join(root, page))).toBe(true);
  });

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

  it.each([
    ['its port', 'PORT', 'PORT=3001 npm start'],
    ["the inspector's port", 'INSPECT_PORT', 'INSPECT_PORT=3002 npm start -- --inspect'],
  ])('says in one sentence that %s is busy, and exits 1', async (_what, name, example) => {
    const busy = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void busy.close());
    await once(busy, 'listening');
    const { port } = busy.address() as AddressInfo;
    vi.stubEnv('INSPECT_PORT', String(port));
    onTestFinished(() => void vi.unstubAllEnvs());
    const { said, ended } = name === 'PORT' ? start(port) : start(0, '--inspect');
    expect(await ended).toBe(1);
    expect(said.err).toBe(`Port ${port} is already in use; choose another, as in ${example}.\n`);
  });

  it('says in one sentence what PORT takes, and exits 1', async () => {
    const { said, ended } = start('many');
    expect(await ended).toBe(1);
    expect(said.err).toMatch(/^PORT must be .*\.\n$/);
  });

  it.each([
    [
      ['--dat', './data'],
      /^Unknown option '--dat': npm start -- \[--data DIR\|redis:\/\/HOST .*\.\n$/,
    ],
    [['./data'], /^Unexpected argument '\.\/data': npm start -- .*\.\n$/],
    [['--data'], /^Option '--data <value>' argument missing: npm start -- .*\.\n$/],
    [['--data='], /^--data takes a folder or the URL of a Redis: npm start -- .*\.\n$/],
  ])('says in one sentence what is wrong with %j, and exits 64', async (args, sentence) => {
    const { said, ended } = start(0, ...args);
    expect(await ended).toBe(64);
    expect(said).toEqual({ out: '', err: expect.stringMatching(sentence) as string });
  });
});

describe('npm start -- --processes', () => {
  it('serves by several processes, says so, and ends all of them', async () => {
    const { child, said, ended, url } = start(0, '--processes', '2', '--inspect');
    const served = await url();
    await expect.poll(() => said.out).toMatch(/Ctrl-C/);
    expect(said.out).toContain('2 processes have its sessions, and any may die');
    expect(said.out).toContain(`Replace all processes: kill -USR2 ${child.pid}\n`);
    expect(said.out).toMatch(/See every session, on this machine alone: http:\S+/);
    const { client } = await EverythingClient.connect(served);
    expect(await client.callTool({ name: 'echo', arguments: { message: 'hi' } })).toMatchObject({
      content: [{ text: expect.stringContaining('hi') as string }],
    });
    await client.close();
    // The second process begins when the first one serves.
    await expect.poll(() => childrenOf(child.pid)).toHaveLength(2);
    const processes = childrenOf(child.pid);
    child.kill('SIGTERM');
    await ended;
    expect(child.signalCode).toBe('SIGTERM');
    expect(processes.filter(runs)).toEqual([]);
    expect(said.err).toBe('');
  });

  it('says in one sentence that its port is busy, and exits 1', async () => {
    const busy = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void busy.close());
    await once(busy, 'listening');
    const { port } = busy.address() as AddressInfo;
    const { said, ended } = start(port, '--processes', '2');
    expect(await ended).toBe(1);
    const example = 'PORT=3001 npm start';
    expect(said.err).toBe(`Port ${port} is already in use; choose another, as in ${example}.\n`);
  });

  it.each([
    [['--processes', 'many'], /^--processes takes a number from 1 to 1024: npm start -- .*\.\n$/],
    [
      ['--processes', '2', '--data', './data'],
      /^Several processes keep their sessions in memory: /,
    ],
  ])('says in one sentence what is wrong with %j, and exits 64', async (args, sentence) => {
    const { said, ended } = start(0, ...args);
    expect(await ended).toBe(64);
    expect(said).toEqual({ out: '', err: expect.stringMatching(sentence) as string });
  });
});

describe('npm start -- --data', () => {
  it('says where sessions are kept, and goes on with them when it is killed and started again', async () => {
    const { path } = storeFolder();
    const first = start(0, '--data', path);
    const { client } = await EverythingClient.connect(await first.url());
    expect(first.said.out).toContain(`Sessions are kept in ${path}`);
    const count = () => client.callTool({ name: 'counter', arguments: {} });
    expect(await count()).toMatchObject({ content: [{ text: '1' }] });

    const { port } = new URL(await first.url());
    first.child.kill('SIGKILL');
    await first.ended;
    const second = start(port, '--data', path);
    await second.url();
    expect(await count()).toMatchObject({ content: [{ text: '2' }] });
    await client.close();
  });

  it.each([
    ['a file', (path: string) => writeFile(path, ''), 'EEXIST: file already exists.*'],
    [
      'a folder of something else',
      async (path: string) => {
        await mkdir(path);
        await writeFile(join(path, 'data.mdb'), 'x'.repeat(10_000));
      },
      'data\\.mdb is no file of this version of LMDB',
    ],
    [
      'a store of a newer release',
      async (path: string) => {
        const newer = Buffer.of(99, 1, 15);
        await rawStore(path, ({ about }) => about.putSync(Buffer.from('versions'), newer));
      },
      'A newer release of mcp-actors or of node wrote this store',
    ],
  ])(
    'says in one sentence that it can not keep sessions in %s, and exits 1',
    async (_what, make, why) => {
      const { path } = storeFolder();
      await make(path);
      const { said, ended } = start(0, '--data', path);
      expect(await ended).toBe(1);
      expect(said.out).toBe('');
      expect(said.err).toMatch(new RegExp(`^Sessions can not be kept in ${path}: ${why}\\.\\n$`));
    },
  );

  it('keeps sessions in a Redis, and tells no password', async () => {
    const redis = await RedisServer.ofTest('--requirepass', 'secret');
    const url = redis.url.replace('//', '//:secret@');
    const first = start(0, '--data', url);
    const { client } = await EverythingClient.connect(await first.url());
    expect(first.said.out).toContain(`Sessions are kept in Redis at 127.0.0.1:${redis.port}`);
    const count = () => client.callTool({ name: 'counter', arguments: {} });
    expect(await count()).toMatchObject({ content: [{ text: '1' }] });
    const { port } = new URL(await first.url());
    first.child.kill('SIGKILL');
    await first.ended;
    const second = start(port, '--data', url);
    await second.url();
    expect(await count()).toMatchObject({ content: [{ text: '2' }] });
    await client.close();

    const refused = start(0, '--data', url.replace('secret', 'wrong'));
    expect(await refused.ended).toBe(1);
    expect(refused.said.err).toMatch(/^Sessions can not be kept in Redis at \S+: WRONGPASS .*\n$/);
  });

  it('says in one sentence that another server has the folder, which goes on, and exits 1', async () => {
    const { path } = storeFolder();
    const first = start(0, '--data', path);
    const { client } = await EverythingClient.connect(await first.url());
    const { said, ended } = start(0, '--data', path);
    expect(await ended).toBe(1);
    expect(said.err).toMatch(
      /^Sessions can not be kept in \S+: Process \d+ has this store open\.\n$/,
    );
    expect(said.err).toContain(path);
    expect(await client.callTool({ name: 'counter', arguments: {} })).toMatchObject({
      content: [{ text: '1' }],
    });
    await client.close();
  });
});
