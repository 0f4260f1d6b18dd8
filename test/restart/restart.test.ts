import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EverythingProcess } from '../support/everythingProcess.ts';
import { RedisServer } from '../support/redisServer.ts';
import { connect, each, Worker } from './callers.ts';
import { Witness } from './witness.ts';

/** What has the sessions, as `--data` names it. */
interface Place {
  readonly data: string;
  readonly remove: () => Promise<void>;
}

const folder = async (): Promise<Place> => {
  const data = mkdtempSync(join(tmpdir(), 'mcp-actors-restart-'));
  return { data, remove: async () => rmSync(data, { recursive: true }) };
};

const redis = async (): Promise<Place> => {
  const server = await RedisServer.start();
  return { data: server.url, remove: () => server.end() };
};

const CLIENTS = 100;
const INFO = { name: 'restart', version: '1.0.0' };

describe.each([
  ['SIGKILL', 'a folder', folder],
  ['SIGTERM', 'a folder', folder],
  ['SIGKILL', 'Redis', redis],
  ['SIGTERM', 'Redis', redis],
] as const)(
  'a server ended by %s while a hundred clients work, with its sessions in %s',
  (signal, _name, open) => {
    it('goes on with every one of them: its session, its state, nothing twice', async () => {
      const { data, remove } = await open();
      let server = await EverythingProcess.start(0, ['--data', data]);
      onTestFinished(async () => {
        await server.end('SIGKILL');
        await remove();
      });
      const { url, port } = server;
      const witnesses = Array.from({ length: CLIENTS }, (_, n) => new Witness(`client ${n}`));
      const callers = await connect(url, CLIENTS, (n) => witnesses[n]!.fetch);
      const workers = callers.map((caller) => new Worker(caller, 'counter'));
      const working = workers.map((worker) => worker.work());
      const long = callers
        .slice(0, 4)
        .map((caller) => caller.call('long-running', { duration: 600, steps: 1 }).catch(String));
      await each(workers, ({ said }) => said >= 2);
      // What is still plain JSON when the server ends can not be resumed.
      await each(witnesses.slice(0, long.length), ({ streamed }) => streamed.has('long-running'));

      await server.end(signal);
      server = await EverythingProcess.start(port, ['--data', data]);

      const before = workers.map(({ said }) => said);
      await each(workers, ({ said }, i) => said > before[i]!);
      for (const worker of workers) worker.isStopped = true;
      await Promise.all(working);

      expect(workers.flatMap(({ troubles }) => troubles)).toEqual([]);
      expect(callers.map((caller) => caller.sessionId())).toEqual(workers.map(({ id }) => id));
      // A call whose answer was lost with its connection may have counted; one that was not made did not.
      for (const { said, tried } of workers) expect(said).toBeLessThanOrEqual(tried);
      // Who waited for a handler that died with its process is told so, by resumption, once each.
      for (const text of await Promise.all(long)) expect(text).toMatch(/Server restarted/);
      await Promise.all(callers.map((caller) => caller.close()));
    });
  },
);

it('a call whose answer was stored while its client was away is finished by resumption', async () => {
  const data = mkdtempSync(join(tmpdir(), 'mcp-actors-restart-'));
  let server = await EverythingProcess.start(0, ['--data', data]);
  onTestFinished(async () => {
    await server.end('SIGKILL');
    rmSync(data, { recursive: true });
  });
  const post = (body: object, session?: string): Promise<Response> =>
    fetch(server.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(session !== undefined && { 'mcp-session-id': session }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...body }),
    });
  const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: INFO };
  const opened = await post({ id: 0, method: 'initialize', params });
  const session = opened.headers.get('mcp-session-id')!;
  await post({ method: 'notifications/initialized' }, session);
  const call = { name: 'long-running', arguments: { duration: 0.5, steps: 1 } };
  const response = await post({ id: 1, method: 'tools/call', params: call }, session);
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const [, primed] = /^id: (\S+)/m.exec((await reader.read()).value ?? '') ?? [];
  await reader.cancel();
  const recall = { name: 'counter', arguments: { by: 1 } };
  // Whoever asks later is answered later: by then the other answer is stored.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await post({ id: 2, method: 'tools/call', params: recall }, session);

  await server.end('SIGKILL');
  server = await EverythingProcess.start(server.port, ['--data', data]);
  const resumed = await fetch(server.url, {
    headers: { accept: 'text/event-stream', 'mcp-session-id': session, 'last-event-id': primed! },
  });
  const text = await resumed.text();
  expect(text).toContain('Done: 1 steps in 0.5 seconds.');
  expect(text.match(/"id":1/g)).toHaveLength(1);
});
