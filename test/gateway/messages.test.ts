import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { gatewayLog } from 'mcp-actors/gateway';
import { describe, expect, it, test } from 'vitest';
import { comesTrue } from '../support/processes.ts';
import { callText, connect, sdkV1 } from '../support/sdkClients.ts';
import { WireClient } from '../support/wireClient.ts';
import { measure } from './memory.ts';
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

describe('a child that writes what is no message', () => {
  it('is served on: garbage is counted, kept for the operator and skipped', async () => {
    const { runtime } = await startGateway({ child: misbehaving('noisy') });
    const client = await WireClient.open(runtime);
    const answer = await client.call('tools/call', { name: 'garbage' });
    expect(textOf(answer.result)).toBe('after the garbage');
    const log = gatewayLog(runtime.sessions()[0]!);
    expect(log?.skipped).toBe(7);
    const texts = log?.entries.filter(({ source }) => source === 'stdout').map(({ text }) => text);
    expect(texts).toEqual([
      'Welcome! This is no message.',
      'a line that is no message',
      'no json',
      '[1',
      '{"jsonrpc":"1.0"}',
      '"text"',
      '{}',
    ]);
  });

  test.each([
    ['in lines', true],
    ['without an end of line', false],
  ])('floods its stdout %s: memory is bounded and it is served on', async (_how, newline) => {
    const child = { ...misbehaving(), maxLineBytes: 100_000 };
    const { runtime } = await startGateway({ child });
    const client = await WireClient.open(runtime);
    const holdsNoMore = measure();
    const flood = { name: 'flood', arguments: { bytes: 64 * 1024 * 1024, newline } };
    const answer = await client.call('tools/call', flood);
    expect(textOf(answer.result)).toBe('after the flood');
    expect(await holdsNoMore(16 * 1024 * 1024)).toBe(true);
    expect(gatewayLog(runtime.sessions()[0]!)?.skipped).toBe(newline ? 1024 : 1);
  });

  test.each([
    ['with the id in front', true],
    ['with the id behind', false],
  ])('an answer over maxLineBytes %s: its caller gets an error', async (_where, idInFront) => {
    const child = { ...misbehaving(), maxLineBytes: 10_000 };
    const { runtime } = await startGateway({ child });
    const client = await WireClient.open(runtime);
    const call = { name: 'long', arguments: { bytes: 20_000, idInFront } };
    const answer = await client.call('tools/call', call);
    expect(answer.error).toEqual({
      code: -32603,
      message: 'The server did not answer',
      data: { code: 'server-unanswered' },
    });
    expect((await client.call('ping')).result).toEqual({});
  });

  it('an answer that is no result: its caller gets an error', async () => {
    const { runtime } = await startGateway({ child: misbehaving() });
    const client = await WireClient.open(runtime);
    const answer = await client.call('tools/call', { name: 'malformed' });
    expect(answer.error?.data).toEqual({ code: 'server-unanswered' });
  });
});

it('a child that asks without end is refused', async () => {
  const { runtime } = await startGateway({ child: misbehaving() });
  const client = await WireClient.open(runtime);
  const call = { name: 'askMany', arguments: { count: 300 } };
  const { messages } = await (await client.request('tools/call', call)).whole();
  expect(messages.filter(({ method }) => method === 'elicitation/create')).toHaveLength(256);
  expect(JSON.parse(textOf(messages.at(-1)?.result))).toMatchObject({
    data: { code: 'session-busy' },
  });
});

describe('gatewayLog', () => {
  it('keeps the last lines of stderr for the operator, and clients see none', async () => {
    const seen: string[] = [];
    const child = { ...misbehaving(), maxLogEntries: 3, onLog: onLog(seen) };
    const { runtime } = await startGateway({ child });
    const client = await WireClient.open(runtime);
    const lines = ['one', 'two', 'three', 'x'.repeat(10_000)];
    await client.call('tools/call', { name: 'stderr', arguments: { lines } });
    await comesTrue(() => seen.length >= 6);
    const { entries } = gatewayLog(runtime.sessions()[0]!)!;
    expect(entries.map(({ source }) => source)).toEqual(['stderr', 'stderr', 'stderr']);
    expect(entries.map(({ text }) => text)).toEqual(['two', 'three', `${'x'.repeat(1024)}…`]);
    expect(seen.slice(1)).toEqual(['fixture is up', 'one', 'two', 'three', `${'x'.repeat(1024)}…`]);
  });

  it('is undefined for a session of no gateway', async () => {
    const { runtime } = await startGateway({ child: misbehaving() });
    await WireClient.open(runtime);
    expect(gatewayLog({ ...runtime.sessions()[0]! })).toBeUndefined();
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

function onLog(seen: string[]) {
  return ({ text }: { text: string }): void => void seen.push(text);
}

function elicit(message: string): { name: string; arguments: { message: string } } {
  return { name: 'elicit', arguments: { message } };
}

function textOf(result: Record<string, unknown> | undefined): string {
  const [first] = (result?.['content'] ?? []) as { text: string }[];
  return first?.text ?? '';
}
