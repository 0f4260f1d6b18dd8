import { gatewayLog } from 'mcp-actors/gateway';
import { describe, expect, it, test } from 'vitest';
import { comesTrue } from '../support/processes.ts';
import { WireClient } from '../support/wireClient.ts';
import { misbehaving, startGateway } from './gateway.ts';
import { measure } from './memory.ts';

describe('a child that writes what is no message', () => {
  it('is served on: garbage is counted, kept for the operator and skipped', async () => {
    const { runtime } = await startGateway({ child: misbehaving('noisy') });
    const client = await WireClient.open(runtime);
    const answer = await client.call('tools/call', { name: 'garbage' });
    expect(textOf(answer.result)).toBe('after the garbage');
    const log = gatewayLog(runtime.residents()[0]!);
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
    expect(gatewayLog(runtime.residents()[0]!)?.skipped).toBe(newline ? 1024 : 1);
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

describe('an answer that is no line of JSON', () => {
  const SPREAD = [
    '{',
    '  "jsonrpc": "2.0",',
    '  "id": $id,',
    '  "result": {',
    '    "id": 99,',
    '    "method": "x"',
    '  }',
    '}',
  ];

  test.each([
    ['glued to a text', ['Listening{"jsonrpc":"2.0","id":$id,"result":{"content":[]}}']],
    ['glued to another', ['{"a":1}{"jsonrpc":"2.0","id":$id,"result":{"content":[]}}']],
    ['with the id behind', ['up {"result":{"content":[]},"jsonrpc":"2.0","id":$id}']],
    ['with NaN', ['{"jsonrpc":"2.0","id":$id,"result":{"structuredContent":{"x":NaN}}}']],
    ['with NaN in front', ['{"result":{"structuredContent":{"x":NaN}},"id":$id}']],
    ['spread over lines', SPREAD],
    ['with its id as a text', ['{"jsonrpc":"2.0","id":"$id","result":{"content":[]}}']],
  ])('W17: %s: its caller gets an error at once', async (_what, texts) => {
    const { runtime } = await startGateway({ child: misbehaving() });
    const client = await WireClient.open(runtime);
    const answer = await client.call('tools/call', { name: 'raw', arguments: { texts } });
    expect(answer.error?.data).toEqual({ code: 'server-unanswered' });
    expect((await client.call('ping')).result).toEqual({});
  });

  test.each([
    ['quotes the answer', ['DEBUG sending {"jsonrpc":"2.0","id":$id,"result":{}}']],
    ['quotes the request', ['DEBUG got {"jsonrpc":"2.0","id":$id,"method":"tools/call"}']],
    ['spreads the request', ['{', '  "id": $id,', '  "method": "tools/call"', '}']],
  ])('W17: a log line that %s takes nothing from the answer', async (_what, lines) => {
    const { runtime } = await startGateway({ child: misbehaving() });
    const client = await WireClient.open(runtime);
    const texts = [...lines, '{"jsonrpc":"2.0","id":$id,"result":{"content":[]}}'];
    const answer = await client.call('tools/call', { name: 'raw', arguments: { texts } });
    expect(answer.result).toEqual({ content: [] });
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
    const { entries } = gatewayLog(runtime.residents()[0]!)!;
    expect(entries.map(({ source }) => source)).toEqual(['stderr', 'stderr', 'stderr']);
    expect(entries.map(({ text }) => text)).toEqual(['two', 'three', `${'x'.repeat(1024)}…`]);
    expect(seen.slice(1)).toEqual(['fixture is up', 'one', 'two', 'three', `${'x'.repeat(1024)}…`]);
  });

  it('is undefined for a session of no gateway', async () => {
    const { runtime } = await startGateway({ child: misbehaving() });
    await WireClient.open(runtime);
    expect(gatewayLog({ ...runtime.residents()[0]! })).toBeUndefined();
  });
});

function onLog(seen: string[]) {
  return ({ text }: { text: string }): void => void seen.push(text);
}

function textOf(result: Record<string, unknown> | undefined): string {
  const [first] = (result?.['content'] ?? []) as { text: string }[];
  return first?.text ?? '';
}
