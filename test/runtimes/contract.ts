import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import assert from 'node:assert/strict';

/** What is looked at on each host, in the order of the columns. */
export const CHECKS = [
  'connect',
  'call',
  'progress',
  'ask',
  'cancel',
  'resume',
  'stream',
  'context',
  'apart',
  'end',
] as const;

export type Check = (typeof CHECKS)[number];

/** Runs the contract against a server that serves it. @returns why a check failed, by its name */
export async function tryOut(url: string): Promise<Map<Check, unknown>> {
  const failures = new Map<Check, unknown>();
  const [alice, bob] = [new Visitor(url), new Visitor(url)];
  for (const check of CHECKS) {
    try {
      await within(alice[check](bob));
    } catch (error) {
      failures.set(check, error);
    }
  }
  await within(Promise.allSettled([alice.client.close(), bob.client.close()])).catch(() => {});
  return failures;
}

class Visitor implements Record<Check, (other: Visitor) => Promise<void>> {
  readonly client = new Client(
    { name: 'contract', version: '1.0.0' },
    { capabilities: { elicitation: {} } },
  );
  readonly #transport: StreamableHTTPClientTransport;
  readonly #url: string;
  readonly #heard: unknown[] = [];

  constructor(url: string) {
    this.#url = url;
    this.#transport = new StreamableHTTPClientTransport(new URL(url));
    this.client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }));
    this.client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      this.#heard.push(params.data);
    });
  }

  async connect(): Promise<void> {
    await this.client.connect(this.#transport);
    assert.ok(this.#transport.sessionId);
  }

  async call(): Promise<void> {
    assert.deepEqual([await this.#say('count'), await this.#say('count')], ['1', '2']);
  }

  async progress(): Promise<void> {
    const seen: number[] = [];
    const onprogress = ({ progress }: { progress: number }): void => void seen.push(progress);
    await this.client.callTool({ name: 'progress' }, undefined, { onprogress });
    assert.deepEqual(seen, [1, 2, 3]);
  }

  async ask(): Promise<void> {
    assert.equal(await this.#say('ask'), 'decline');
  }

  async cancel(): Promise<void> {
    const stop = new AbortController();
    const waiting = this.client.callTool({ name: 'wait' }, undefined, { signal: stop.signal });
    setTimeout(() => stop.abort(), 100);
    await assert.rejects(waiting);
    // The handler has heard of it, and counted that.
    for (;;) if (Number(await this.#say('count')) > 100) return;
  }

  async resume(): Promise<void> {
    assert.equal(await this.#say('hangUp'), 'resumed');
  }

  async stream(): Promise<void> {
    await this.#say('log', { text: 'on the stream' });
    while (this.#heard.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.deepEqual(this.#heard, ['on the stream']);
  }

  async context(): Promise<void> {
    assert.equal(await this.#say('where'), 'true');
  }

  async apart(other: Visitor): Promise<void> {
    await other.connect();
    assert.equal(await other.#say('count'), '1');
  }

  async end(): Promise<void> {
    const session = this.#transport.sessionId!;
    await this.#transport.terminateSession();
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': session,
      },
      body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    });
    assert.equal(response.status, 404);
  }

  async #say(name: string, args: Record<string, unknown> = {}): Promise<string | undefined> {
    const { content } = await this.client.callTool({ name, arguments: args });
    return (content as { text?: string }[])[0]?.text;
  }
}

/** No check may hang the table. */
async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('took longer than 10 s')), 10_000);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
