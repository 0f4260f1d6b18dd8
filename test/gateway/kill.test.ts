import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { CommandLine } from '../support/commandLine.ts';
import { comesTrue, runs } from '../support/processes.ts';
import { callText, connect, sdkV1 } from '../support/sdkClients.ts';

/** What everything must be gone within. */
const WITHIN_MS = 5000;
const SERVER = join(import.meta.dirname, 'fixtures/server.mjs');

function host(...args: string[]): CommandLine {
  return new CommandLine(['host', '--port', '0', ...args]);
}

/** A client in a process of its own. @returns its process, and those of its server */
async function startClient(url: string) {
  const file = join(import.meta.dirname, 'fixtures/client.mjs');
  const client = spawn(process.execPath, [file, url], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void client.kill('SIGKILL'));
  const [line] = (await once(client.stdout.setEncoding('utf8'), 'data')) as [string];
  return { client, pids: (JSON.parse(line) as (number | null)[]).filter((pid) => pid !== null) };
}

test('kill -9 of the gateway leaves no child, grandchild or reaper', async () => {
  const gateway = host('--', process.execPath, SERVER, 'deaf', 'fork');
  const url = await gateway.url();
  const clients = await Promise.all(
    Array.from({ length: 3 }, async () => {
      const client = sdkV1();
      await connect(client, url);
      return JSON.parse(String(await callText(client, 'pids'))) as number[];
    }),
  );
  const children = gateway.children;
  expect(children).toHaveLength(4);
  const all = new Set([...clients.flat(), ...children]);
  expect(all.size).toBe(7);
  expect([...all].filter((pid) => !runs(pid))).toEqual([]);

  gateway.process.kill('SIGKILL');
  await comesTrue(() => ![...all].some(runs), WITHIN_MS);
  expect([...all].filter(runs)).toEqual([]);
});

test('kill -9 of the reaper: another one takes over', async () => {
  const gateway = host('--', process.execPath, SERVER, 'deaf');
  const url = await gateway.url();
  const client = sdkV1();
  await connect(client, url);
  const [pid = 0] = JSON.parse(String(await callText(client, 'pids'))) as number[];
  const [reaper = 0] = gateway.children.filter((each) => each !== pid);
  process.kill(reaper, 'SIGKILL');
  await comesTrue(() => !runs(reaper) && gateway.children.length === 2);

  gateway.process.kill('SIGKILL');
  await comesTrue(() => !runs(pid), WITHIN_MS);
  expect(runs(pid)).toBe(false);
});

test('kill -9 of a child leaves nothing it had started', async () => {
  const gateway = host('--', process.execPath, SERVER, 'fork');
  const { pids } = await startClient(await gateway.url());
  expect(pids.filter(runs)).toHaveLength(2);
  process.kill(pids[0]!, 'SIGKILL');
  await comesTrue(() => gateway.children.length === 0 && !pids.some(runs), WITHIN_MS);
  expect([...pids.filter(runs), ...gateway.children]).toEqual([]);
  expect(gateway.stderr).toContain('was ended by SIGKILL');
});

test.each([
  ['on a WebSocket', 'ws', []],
  ['over HTTP, when the session is no longer used', 'http', ['--idle-timeout', '1']],
])('kill -9 of a client %s leaves no child', async (_how, protocol, options) => {
  const gateway = host(...options, '--', process.execPath, SERVER);
  const url = (await gateway.url()).replace('http', protocol);
  const { client, pids } = await startClient(url);
  expect(pids.filter(runs)).toHaveLength(1);
  client.kill('SIGKILL');
  await comesTrue(() => gateway.children.length === 0, WITHIN_MS);
  expect([...pids.filter(runs), ...gateway.children]).toEqual([]);
});
