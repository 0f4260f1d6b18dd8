import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it } from 'vitest';
import { comesTrue } from '../support/processes.ts';
import { callText, connect, sdkV1 } from '../support/sdkClients.ts';
import { WireClient } from '../support/wireClient.ts';
import { type Gateway, misbehaving, startGateway } from './gateway.ts';

const ANSWERING = { capabilities: { elicitation: {}, sampling: {} } };

const fetchWithoutGet: typeof fetch = async (target, init) =>
  init?.method === 'GET' ? new Response(null, { status: 405 }) : await fetch(target, init);

/** Connects a client that opens no GET stream. */
async function connectWithoutGet(client: Client, { url }: Gateway): Promise<void> {
  const options = { fetch: fetchWithoutGet };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
}

describe('what a child says belongs to a request', () => {
  it('progress: to the one whose token it names, on its own stream', async () => {
    const gateway = await startGateway({ child: misbehaving() });
    const client = sdkV1();
    await connectWithoutGet(client, gateway);
    const totals = await Promise.all(
      [3, 5, 4].map(async (count) => {
        const seen: unknown[] = [];
        const call = { name: 'progress', arguments: { count } };
        await client.callTool(call, undefined, { onprogress: ({ total }) => seen.push(total) });
        return seen;
      }),
    );
    expect(totals).toEqual([
      [3, 3, 3],
      [5, 5, 5, 5, 5],
      [4, 4, 4, 4],
    ]);
  });

  it('a question: to the only one in flight, where there is no GET stream', async () => {
    const gateway = await startGateway({ child: misbehaving() });
    const client = sdkV1(ANSWERING);
    client.setRequestHandler(ElicitRequestSchema, ({ params }) => {
      return { action: 'accept', content: { heard: params.message } };
    });
    await connectWithoutGet(client, gateway);
    expect(JSON.parse(String(await callText(client, 'elicit', { message: 'now?' })))).toEqual({
      action: 'accept',
      content: { heard: 'now?' },
    });
  });

  it('a question: to the newest of several, where there is no GET stream', async () => {
    const { runtime } = await startGateway({ child: misbehaving() });
    const client = await WireClient.open(runtime);
    const hanging = client.request('tools/call', { name: 'hang' }, 'old');
    const reply = await client.request('tools/call', elicit('which?'), 'new');
    await reply.until(({ messages }) => messages.length > 0);
    expect(reply.message).toMatchObject({ method: 'elicitation/create' });
    await client.respond(reply.message.id, { action: 'decline' });
    expect((await reply.whole()).messages.at(-1)).toMatchObject({ id: 'new', result: {} });
    await client.notify('notifications/cancelled', { requestId: 'old' });
    expect((await (await hanging).whole()).text).toBe('');
  });

  it('a question: to the GET stream, where several are in flight and there is one', async () => {
    const { runtime } = await startGateway({ child: misbehaving() });
    const client = await WireClient.open(runtime);
    const stream = await client.get();
    const hanging = client.request('tools/call', { name: 'hang' }, 'old');
    const asking = client.request('tools/call', elicit('where?'), 'new');
    await stream.until(({ messages }) => messages.length > 0);
    expect(stream.message).toMatchObject({ method: 'elicitation/create' });
    await client.respond(stream.message.id, { action: 'decline' });
    expect((await (await asking).whole()).message).toMatchObject({ id: 'new', result: {} });
    await client.notify('notifications/cancelled', { requestId: 'old' });
    await hanging;
    stream.leave();
  });

  it('a question that is withdrawn: said where it was asked', async () => {
    const { runtime } = await startGateway({ child: misbehaving() });
    const client = await WireClient.open(runtime);
    const reply = await client.request('tools/call', { name: 'withdraw' });
    const [question, withdrawal, answer] = (await reply.whole()).messages;
    expect(question?.method).toBe('elicitation/create');
    expect(withdrawal).toMatchObject({ params: { requestId: question?.id } });
    expect(answer?.result).toBeDefined();
  });

  it('notifications: in order, and before the answer', async () => {
    const gateway = await startGateway({ child: misbehaving() });
    const client = sdkV1();
    const heard: unknown[] = [];
    client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => {
      heard.push(params.data);
    });
    await connectWithoutGet(client, gateway);
    await callText(client, 'say', { texts: ['one', 'two', 'three'] });
    expect(heard).toEqual(['one', 'two', 'three']);
  });
});

describe('what a client says reaches the child', () => {
  it('progress on a question, under the token the child gave it', async () => {
    const { runtime } = await startGateway({ child: misbehaving() });
    const client = await WireClient.open(runtime);
    const sample = { name: 'sample', arguments: { token: 'of-its-own' } };
    const reply = await client.request('tools/call', sample);
    await reply.until(({ messages }) => messages.length > 0);
    const { id, params } = reply.message;
    const meta = params?.['_meta'] as { progressToken: unknown } | undefined;
    const progressToken = meta?.progressToken;
    await client.notify('notifications/progress', { progressToken, progress: 1 });
    await client.notify('notifications/progress', { progressToken, progress: 2 });
    await client.respond(id, { role: 'assistant' });
    const answer = (await reply.whole()).messages.at(-1);
    expect(textOf(answer?.result)).toBe('{"answer":{"role":"assistant"},"told":[1,2]}');
  });

  it('a cancel, by the id the child knows', async () => {
    const { url } = await startGateway({ child: misbehaving() });
    const client = sdkV1();
    await connect(client, url);
    const leaving = new AbortController();
    const call = client.callTool({ name: 'hang' }, undefined, { signal: leaving.signal });
    await callText(client, 'echo', { message: 'the call has arrived' });
    leaving.abort('enough');
    await expect(call).rejects.toThrow('enough');
    expect(JSON.parse(String(await callText(client, 'cancelled')))).toHaveLength(1);
  });

  it('an answer to sampling', async () => {
    const { url } = await startGateway({ child: misbehaving() });
    const client = sdkV1(ANSWERING);
    client.setRequestHandler(CreateMessageRequestSchema, () => {
      return { model: 'm', role: 'assistant', content: { type: 'text', text: 'sampled' } };
    });
    await connect(client, url);
    const text = String(await callText(client, 'sample', { token: 1 }));
    expect(JSON.parse(text)).toMatchObject({ answer: { content: { text: 'sampled' } } });
  });

  it('every value as it was', async () => {
    const { url } = await startGateway({ child: misbehaving() });
    const client = sdkV1();
    await connect(client, url);
    const message = 'line\nbreak\u2028 "quoted" \\ ünïcödé 🙂 \u0000 </script> data: x';
    expect(await callText(client, 'echo', { message })).toBe(message);
  });
});

describe('backpressure', () => {
  it('makes a child wait for a client that does not read, and loses nothing', async () => {
    const { url, runtime } = await startGateway({
      child: misbehaving(),
      maxStreamBytes: 1024 ** 2,
    });
    const client = await WireClient.open(runtime);
    const limits: string[] = [];
    runtime.on('limit', ({ limit }) => limits.push(limit));
    let said = 0;
    runtime.on('message', ({ direction }) => void (direction === 'out' && said++));
    const talk = { name: 'talk', arguments: { count: 400, bytes: 50_000 } };
    const asking = request(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'mcp-session-id': client.id!,
      },
    });
    asking.end(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: talk }));
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    // Twenty megabytes are more than all buffers on the way: some of it waits in the child.
    let seen = -1;
    let looks = 0;
    await comesTrue(() => {
      looks = said === seen ? looks + 1 : 0;
      seen = said;
      return looks > 20;
    });
    expect(limits).toEqual([]);
    expect(said).toBeLessThan(400);

    let body = '';
    for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
    expect(body.match(/"data":"\d+:t/g)).toHaveLength(400);
    expect(limits).toEqual([]);
  });
});

function elicit(message: string): { name: string; arguments: { message: string } } {
  return { name: 'elicit', arguments: { message } };
}

function textOf(result: Record<string, unknown> | undefined): string {
  const [first] = (result?.['content'] ?? []) as { text: string }[];
  return first?.text ?? '';
}
