import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { Client as ClientV2 } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { createRuntime, currentSession } from 'mcp-actors';
import { createTestClient, type SdkClient, virtualClock } from 'mcp-actors/testing';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';

function start() {
  const clock = virtualClock();
  const runtime = createRuntime<{ count: number }>({
    clock,
    state: () => ({ count: 0 }),
    server(session) {
      const server = new McpServer({ name: 'test', version: '1.0.0' }, session.serverOptions);
      server.registerTool('count', {}, () => {
        return { content: [{ type: 'text', text: String(++session.state.count) }] };
      });
      server.registerTool('who', {}, ({ authInfo, requestInfo }) => {
        const text = `${authInfo?.clientId} ${requestInfo?.headers['x-team']?.toString()}`;
        return { content: [{ type: 'text', text }] };
      });
      server.registerTool('ask', {}, async () => {
        const requestedSchema = { type: 'object' as const, properties: {} };
        const { action } = await server.server.elicitInput({ message: 'Well?', requestedSchema });
        return { content: [{ type: 'text', text: `${action} ${currentSession().key}` }] };
      });
      return server;
    },
  });
  return { clock, runtime };
}

interface Caller {
  readonly client: { callTool(params: { name: string }): Promise<{ content?: unknown }> };
}

const call = async ({ client }: Caller, name: string): Promise<unknown> => {
  const { content } = await client.callTool({ name });
  return (content as { text: string }[])[0]?.text;
};

describe('createTestClient', () => {
  it('connects the real client in process: each its own session', async () => {
    const { runtime } = start();
    await using one = await createTestClient(runtime);
    await using other = await createTestClient(runtime);
    expect([await call(one, 'count'), await call(one, 'count')]).toEqual(['1', '2']);
    expect(await call(other, 'count')).toBe('1');
    expect(one.sessionId).not.toBe(other.sessionId);
    expect(runtime.residents().map(({ id }) => id)).toEqual([one.sessionId, other.sessionId]);
    await runtime.close();
  });

  it('ends its session when it is disposed of, once', async () => {
    const { runtime } = start();
    {
      await using client = await createTestClient(runtime);
      expect(await call(client, 'count')).toBe('1');
      await Promise.all([client.close(), client.close()]);
    }
    expect(runtime.stats().sessions.total).toBe(0);
    expect(runtime.stats().evicted.terminated).toBe(1);
  });

  const OPTIONS = { capabilities: { elicitation: {} } };
  const v1 = new Client({ name: 'one', version: '1.0.0' }, OPTIONS);
  v1.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }));
  const v2 = new ClientV2({ name: 'two', version: '1.0.0' }, OPTIONS);
  v2.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: {} }));

  it.each([
    ['v1', v1],
    ['v2', v2],
  ] as const)('U22: takes a client of SDK %s, who it is and what it answers', async (_, own) => {
    const { runtime } = start();
    const authInfo = { token: 't', clientId: 'alice', scopes: [] };
    await using client = await createTestClient(runtime, {
      authInfo,
      headers: { 'x-team': 'red' },
      client: own as SdkClient & Caller['client'],
    });
    expect(client.client).toBe(own);
    expect(await call(client, 'who')).toBe('alice red');
    expect(await call(client, 'ask')).toMatch(/^accept /);
    await runtime.close();
  });

  it('sees a session sleep and wake on a virtual clock, with what it had', async () => {
    const { runtime, clock } = start();
    await using client = await createTestClient(runtime);
    await call(client, 'count');
    await clock.elapse(10 * 60_000);
    expect(await call(client, 'count')).toBe('2');
    await runtime.close();
  });

  it('U22: listens as clients do, unless told otherwise, and says who it is', async () => {
    const { runtime } = start();
    const clientInfo = { name: 'mine', version: '2.0.0' };
    await using quiet = await createTestClient(runtime, { listen: false, clientInfo });
    expect(await call(quiet, 'count')).toBe('1');
    expect(runtime.stats().streams).toBe(0);
    expect(runtime.residents().map((each) => each.clientInfo)).toMatchObject([clientInfo]);
    await using other = await createTestClient(runtime);
    await call(other, 'count');
    await eventually(() => runtime.stats().streams === 1);
    await runtime.close();
  });

  it('rejects where there is no place for it', async () => {
    const { runtime } = start();
    await runtime.close();
    await expect(createTestClient(runtime)).rejects.toThrow(/Shutting down/);
  });
});
