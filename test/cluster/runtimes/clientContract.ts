import {
  Client as ClientV2,
  type ClientOptions as ClientOptionsV2,
  StreamableHTTPClientTransport as TransportV2,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
  ToolListChangedNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { callText } from '../../support/sdkClients.ts';
import type { MakeHome } from './home.ts';
import { ClusterRig } from './rig.ts';

const CAPABILITIES = { elicitation: { form: {} }, sampling: {} };
const INFO = { name: 'traveller', version: '1.0.0' };
const RECONNECT = {
  initialReconnectionDelay: 10,
  maxReconnectionDelay: 100,
  reconnectionDelayGrowFactor: 1,
  maxRetries: 20,
};

interface Traveller {
  readonly client: Client | ClientV2;
  readonly transport: StreamableHTTPClientTransport | TransportV2;
  /** What was said that belongs to no call. */
  readonly heard: unknown[];
}

/** A client of SDK v1 that answers what it is asked. */
function clientV1(heard: unknown[]): Client {
  const client = new Client(INFO, { capabilities: CAPABILITIES });
  client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }));
  client.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ({
    role: 'assistant',
    model: 'test',
    content: { type: 'text', text: `sampled ${JSON.stringify(params.messages[0]!.content)}` },
  }));
  client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
    heard.push(params.data);
  });
  client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
    heard.push('list changed');
  });
  return client;
}

/** The same of SDK v2. */
function clientV2(heard: unknown[]): ClientV2 {
  const options: ClientOptionsV2 = { capabilities: CAPABILITIES };
  const client = new ClientV2(INFO, options);
  client.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }));
  client.setRequestHandler('sampling/createMessage', ({ params }) => ({
    role: 'assistant',
    model: 'test',
    content: { type: 'text', text: `sampled ${JSON.stringify(params.messages[0]!.content)}` },
  }));
  client.setNotificationHandler('notifications/message', ({ params }) => {
    heard.push(params.data);
  });
  client.setNotificationHandler('notifications/tools/list_changed', () => {
    heard.push('list changed');
  });
  return client;
}

async function travel(rig: ClusterRig, version: 'v1' | 'v2'): Promise<Traveller> {
  const heard: unknown[] = [];
  const url = new URL(rig.process('a').host.url);
  const options = { fetch: rig.fetch, reconnectionOptions: RECONNECT };
  if (version === 'v2') {
    const client = clientV2(heard);
    onTestFinished(() => client.close());
    const transport = new TransportV2(url, options);
    await rig.over(client.connect(transport));
    return { client, transport, heard };
  }
  const client = clientV1(heard);
  onTestFinished(() => client.close());
  const transport = new StreamableHTTPClientTransport(url, options);
  await rig.over(client.connect(transport));
  return { client, transport, heard };
}

interface CallOptions {
  readonly onprogress?: (progress: { readonly progress: number }) => void;
  readonly signal?: AbortSignal;
}

/** Calls a tool. */
function call(
  client: Client | ClientV2,
  params: { readonly name: string; readonly arguments: Record<string, unknown> },
  options: CallOptions,
): Promise<Record<string, unknown>> {
  return client instanceof ClientV2
    ? client.callTool(params, options)
    : client.callTool(params, undefined, options);
}

/** What clients of the SDK have of a cluster, where each request goes to the next process. */
export function clientContract(make: MakeHome, version: 'v1' | 'v2'): void {
  describe(`a client of SDK ${version} whose every request goes to the next process`, () => {
    it('has one session, which stays where it began', async () => {
      const rig = await ClusterRig.start(make);
      const { client, transport } = await travel(rig, version);
      for (const count of ['1', '2', '3', '4']) {
        expect(await rig.over(callText(client, 'count'))).toBe(count);
        expect(await rig.over(callText(client, 'where'))).toBe('a');
      }
      const who = JSON.parse(String(await rig.over(callText(client, 'who')))) as { id: string };
      expect(who.id).toBe(transport.sessionId);
      expect(rig.living.map(({ keys }) => keys.length)).toEqual([1, 0, 0]);
    });

    it('hears the progress of a call, and its answer', async () => {
      const rig = await ClusterRig.start(make);
      const { client } = await travel(rig, version);
      for (const gate of ['first', 'second', 'third']) {
        const told: number[] = [];
        const onprogress = ({ progress }: { progress: number }): void => {
          told.push(progress);
          if (progress === 2) rig.gates.open(gate);
        };
        const params = { name: 'progress', arguments: { text: gate } };
        const { content } = await rig.over(call(client, params, { onprogress }));
        expect(content).toEqual([{ type: 'text', text: 'progressed' }]);
        expect(told).toEqual([1, 2, 3]);
      }
    });

    it('is asked, and its answer finds the process that has asked', async () => {
      const rig = await ClusterRig.start(make);
      const { client } = await travel(rig, version);
      for (const text of ['one', 'two', 'three', 'four']) {
        expect(await rig.over(callText(client, 'ask', { text }))).toBe(`${text}: accept`);
        expect(await rig.over(callText(client, 'sample', { text }))).toContain(text);
      }
    });

    it('hears what belongs to no call, by a GET stream of any process', async () => {
      const rig = await ClusterRig.start(make);
      const { client, heard } = await travel(rig, version);
      await rig.until(() => rig.process('a').runtime.stats().streams > 0);
      expect(await rig.over(callText(client, 'tell', { text: 'hello' }))).toBe('told');
      await rig.until(() => heard.length >= 2);
      expect(heard).toEqual(['hello', 'list changed']);
    });

    it('cancels a call by another process than it was asked by', async () => {
      const rig = await ClusterRig.start(make);
      const { client } = await travel(rig, version);
      for (const gate of ['one', 'two', 'three']) {
        const stop = new AbortController();
        const params = { name: 'hold', arguments: { text: gate } };
        const called = call(client, params, { signal: stop.signal });
        called.catch(() => {});
        await rig.over(rig.gates.reached(gate));
        stop.abort();
        await rig.over(rig.gates.reached(`${gate} aborted`));
      }
      expect(await rig.over(callText(client, 'where'))).toBe('a');
    });

    it('ends its session by a DELETE to any process, and begins anew', async () => {
      const rig = await ClusterRig.start(make);
      const { client, transport } = await travel(rig, version);
      const { sessionId } = transport;
      await rig.over(callText(client, 'count'));
      rig.turnTo('b');
      await rig.over(transport.terminateSession());
      await rig.until(() => rig.living.every(({ keys }) => keys.length === 0));
      const other = await travel(rig, version);
      expect(other.transport.sessionId).not.toBe(sessionId);
      expect(await rig.over(callText(other.client, 'count'))).toBe('1');
    });

    it('goes on with a stream that broke, by another process', async () => {
      const rig = await ClusterRig.start(make);
      const { client } = await travel(rig, version);
      rig.turnTo('b');
      const told: number[] = [];
      const onprogress = ({ progress }: { progress: number }): void => void told.push(progress);
      const params = { name: 'progress', arguments: { text: 'broken' } };
      const called = call(client, params, { onprogress });
      await rig.until(() => told.length === 2);
      // Neither the session nor what it runs is in this process.
      rig.process('b').kill();
      await rig.over(rig.gates.reached('broken'));
      rig.gates.open('broken');
      const { content } = await rig.over(called);
      expect(content).toEqual([{ type: 'text', text: 'progressed' }]);
      expect(told).toEqual([1, 2, 3]);
      expect(rig.begun.filter((text) => text.endsWith('progress'))).toHaveLength(1);
    });
  });
}
