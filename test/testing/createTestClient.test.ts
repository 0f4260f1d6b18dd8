import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { createRuntime, currentSession } from 'mcp-actors';
import { createTestClient, virtualClock } from 'mcp-actors/testing';
import { describe, expect, it } from 'vitest';

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

const call = async (
  { client }: { client: Awaited<ReturnType<typeof createTestClient>>['client'] },
  name: string,
): Promise<unknown> => {
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

  it('comes as who it is told to be, and answers what it is configured for', async () => {
    const { runtime } = start();
    const authInfo = { token: 't', clientId: 'alice', scopes: [] };
    await using client = await createTestClient(runtime, {
      authInfo,
      headers: { 'x-team': 'red' },
      capabilities: { elicitation: {} },
      configure: (sdk) =>
        sdk.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} })),
    });
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

  it('rejects where there is no place for it', async () => {
    const { runtime } = start();
    await runtime.close();
    await expect(createTestClient(runtime)).rejects.toThrow(/Shutting down/);
  });
});
