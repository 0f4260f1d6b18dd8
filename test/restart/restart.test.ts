import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EverythingProcess } from '../support/everythingProcess.ts';

const CLIENTS = 100;
const INFO = { name: 'restart', version: '1.0.0' };
/** As by default, but as patient as a loaded machine needs it. */
const reconnectionOptions = {
  initialReconnectionDelay: 300,
  maxReconnectionDelay: 1000,
  reconnectionDelayGrowFactor: 1.2,
  maxRetries: 60,
};

interface Caller {
  readonly sessionId: () => string | undefined;
  call(name: string, args: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

interface Result {
  readonly content: readonly { readonly text: string }[];
}

async function v1(url: string): Promise<Caller> {
  const client = new Client(INFO);
  const transport = new StreamableHTTPClientTransport(new URL(url), { reconnectionOptions });
  await client.connect(transport);
  return {
    sessionId: () => transport.sessionId,
    async call(name, args) {
      const result = (await client.callTool({ name, arguments: args })) as unknown as Result;
      return result.content[0]!.text;
    },
    close: () => client.close(),
  };
}

async function v2(url: string): Promise<Caller> {
  const client = new ClientV2(INFO);
  const transport = new TransportV2(new URL(url), { reconnectionOptions });
  await client.connect(transport);
  return {
    sessionId: () => transport.sessionId,
    async call(name, args) {
      const result = (await client.callTool({ name, arguments: args })) as unknown as Result;
      return result.content[0]!.text;
    },
    close: () => client.close(),
  };
}

/** Counts in its session, one call after the other, whatever happens to the server. */
class Worker {
  readonly #caller: Caller;
  readonly id: string | undefined;
  /** What the server said last. */
  said = 0;
  tried = 0;
  /** Anything but a connection that broke. */
  readonly troubles: string[] = [];
  isStopped = false;

  constructor(caller: Caller) {
    this.#caller = caller;
    this.id = caller.sessionId();
  }

  async work(): Promise<void> {
    while (!this.isStopped) await this.count();
  }

  /** `false`: there was nobody to answer. */
  async count(): Promise<boolean> {
    this.tried++;
    try {
      const value = Number(await this.#caller.call('counter', { by: 1 }));
      if (value <= this.said) this.troubles.push(`counted back: ${value} after ${this.said}`);
      this.said = value;
      return true;
    } catch (error) {
      const text = String(error);
      if (!/fetch failed|ECONN|socket|terminated|network|Shutting down/i.test(text))
        this.troubles.push(text);
      // There is no server for a moment.
      await new Promise((resolve) => setTimeout(resolve, 20));
      return false;
    }
  }
}

describe.each(['SIGKILL', 'SIGTERM'] as const)(
  'a server ended by %s while a hundred clients work',
  (signal) => {
    it('goes on with every one of them: its session, its state, nothing twice', async () => {
      const data = mkdtempSync(join(tmpdir(), 'mcp-actors-restart-'));
      let server = await EverythingProcess.start(0, ['--data', data]);
      onTestFinished(async () => {
        await server.end('SIGKILL');
        rmSync(data, { recursive: true });
      });
      const { url, port } = server;
      const callers = await Promise.all(
        Array.from({ length: CLIENTS }, (_, i) => (i % 2 === 0 ? v1(url) : v2(url))),
      );
      const workers = callers.map((caller) => new Worker(caller));
      const working = workers.map((worker) => worker.work());
      const long = callers
        .slice(0, 4)
        .map((caller) => caller.call('long-running', { duration: 600, steps: 1 }).catch(String));
      await expect
        .poll(() => workers.every(({ said }) => said >= 2), { timeout: 60_000 })
        .toBe(true);

      await server.end(signal);
      server = await EverythingProcess.start(port, ['--data', data]);

      const before = workers.map(({ said }) => said);
      await expect
        .poll(() => workers.every(({ said }, i) => said > before[i]!), { timeout: 60_000 })
        .toBe(true);
      for (const worker of workers) worker.isStopped = true;
      await Promise.all(working);

      expect(workers.flatMap(({ troubles }) => troubles)).toEqual([]);
      expect(callers.map((caller) => caller.sessionId())).toEqual(workers.map(({ id }) => id));
      // A call whose answer was lost with its connection may have counted; one that was not made did not.
      for (const { said, tried } of workers) expect(said).toBeLessThanOrEqual(tried);
      // Who waited for a handler that died with its process is told so, by resumption, once each.
      for (const text of await Promise.all(long)) expect(text).toMatch(/Server restarted/);
      await Promise.all(callers.map((caller) => caller.close()));
    }, 180_000);
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
}, 60_000);
