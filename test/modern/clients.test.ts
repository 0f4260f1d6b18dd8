import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { serve } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ModernWorld } from '../support/modernWorld.ts';

type Mode = 'auto' | 'legacy' | { readonly pin: string };

const PINNED = { pin: '2026-07-28' };

/** A client of the SDK, v2, that knows how to answer questions. */
async function connect(world: ModernWorld, mode: Mode): Promise<Client> {
  const host = await serve(world.runtime, { port: 0, contain: false });
  const client = new Client(
    { name: 'v2', version: '1' },
    { versionNegotiation: { mode }, capabilities: { elicitation: { form: {} } } },
  );
  client.setRequestHandler('elicitation/create', () => ({
    action: 'accept',
    content: { ok: true },
  }));
  onTestFinished(async () => {
    await client.close();
    host.server.closeAllConnections();
  });
  await client.connect(new StreamableHTTPClientTransport(new URL(host.url)));
  return client;
}

async function textOf(
  client: Client,
  name: string,
  args: Record<string, unknown>,
): Promise<string> {
  const { content } = await client.callTool({ name, arguments: args });
  const [first] = content as { text: string }[];
  return first!.text;
}

describe('the client of the SDK, v2', () => {
  it.each<[string, 'sessions' | 'stateless', Mode, string]>([
    ['auto', 'sessions', 'auto', 'legacy'],
    ['auto', 'stateless', 'auto', 'modern'],
    ['pinned', 'stateless', PINNED, 'modern'],
    ['of sessions', 'stateless', 'legacy', 'legacy'],
  ])('%s, where the runtime prefers %s', async (_name, prefer, mode, era) => {
    const world = new ModernWorld({ modern: { prefer } });
    const client = await connect(world, mode);
    expect(await textOf(client, 'who', {})).toBe(`undefined ${era} v2`);
    expect(await textOf(client, 'ask', { q: 'Go?' })).toBe('Go?: accept');
    const { _meta } = await client.callTool({ name: 'count', arguments: {} });
    const session = _meta?.['mcp-actors/session'];
    expect(await textOf(client, 'count', session === undefined ? {} : { session })).toBe('2');
  });

  it('pinned to the revision, is refused where the runtime prefers sessions', async () => {
    const world = new ModernWorld({ modern: { prefer: 'sessions' } });
    await expect(connect(world, PINNED)).rejects.toThrow('did not offer pinned protocol version');
  });
});
