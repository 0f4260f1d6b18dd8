import { writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer } from '@modelcontextprotocol/server';
import { createRuntime, type ServerFactory, type Session } from 'mcp-actors';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DurableMemory } from '../support/durableMemory.ts';
import { startExample } from '../support/example.ts';
import { Page } from '../support/markdown.ts';
import { callText, connect, sdkV1, sdkV2 } from '../support/sdkClients.ts';

const page = new Page(new URL('../../', import.meta.url), 'docs/migrating.md');

/** Serves what the page makes of something, on express. @returns its URL */
async function served(block: string): Promise<string> {
  // Beside the examples, so that it finds what they find.
  const folder = mkdtempSync(join(import.meta.dirname, '../../examples/.migrating-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const program = `import express from 'express';
import type { AddressInfo } from 'node:net';
const expressApp = express();
${block}
const listener = expressApp.listen(0, '127.0.0.1', () => {
  console.log(\`http://127.0.0.1:\${(listener.address() as AddressInfo).port}/mcp\`);
});
`;
  writeFileSync(join(folder, 'main.ts'), program);
  return startExample(join(folder, 'main.ts'));
}

describe('U15: docs/migrating.md', () => {
  const [fromMap, fromRecipe, ...others] = page.blocks.filter(({ language }) => language === 'ts');

  it.each([
    ['a map of transports', fromMap, 'count', {}],
    ["the SDK's recipe", fromRecipe, 'add', { name: 'tea' }],
  ])('what it makes of %s counts for each client on its own', async (_, block, tool, args) => {
    const url = await served(block!.text);
    const [one, other] = [sdkV1(), sdkV2()];
    for (const client of [one, other]) await connect(client, url);
    expect([await callText(one, tool, args), await callText(one, tool, args)]).toEqual(['1', '2']);
    expect(await callText(other, tool, args)).toBe('1');
  });

  it('has no other program than those two, and a section for each way', () => {
    expect(others).toEqual([]);
    expect(page.headings).toEqual([
      'Migrating',
      'From a map of transports',
      'From fastmcp',
      "From the SDK's recipe",
      'From SDK v1 to v2',
      'From McpAgent',
    ]);
  });
});

type Counting = Session<{ count: number }>;

const counted = async (session: Counting) => {
  const { count } = await session.update((state) => ({ count: state.count + 1 }));
  return { content: [{ type: 'text' as const, text: `${count}` }] };
};
const about = { name: 'counting', version: '1.0.0' };

it('U15: sessions that a v1 server began go on with a v2 server, whatever their client', async () => {
  const store = new DurableMemory();
  const start = (server: ServerFactory<{ count: number }>) =>
    createRuntime({ store, state: () => ({ count: 0 }), server });
  let runtime = start((session) => {
    const server = new McpServerV1(about, session.serverOptions);
    server.registerTool('count', {}, () => counted(session));
    return server;
  });
  const fetch = (url: string | URL, init?: RequestInit) => runtime.fetch(new Request(url, init));
  const url = new URL('http://localhost/mcp');
  const [one, other] = [sdkV1(), sdkV2()];
  await one.connect(new TransportV1(url, { fetch }));
  await other.connect(new TransportV2(url, { fetch }));
  for (const client of [one, other]) expect(await callText(client, 'count')).toBe('1');
  await runtime.close();
  runtime = start((session) => {
    const server = new McpServer(about, session.serverOptions);
    server.registerTool('count', {}, () => counted(session));
    return server;
  });
  for (const client of [one, other]) expect(await callText(client, 'count')).toBe('2');
  await runtime.close();
});
