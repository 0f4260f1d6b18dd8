import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import {
  CreateMessageRequestSchema,
  CreateMessageResultSchema,
  ElicitRequestSchema,
  ElicitResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { createRuntime } from 'mcp-actors';
import { createHost, type Host } from 'mcp-actors/host';
import { serve } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ZodError } from 'zod';
import { eventually } from '../support/eventually.ts';
import { rejected } from '../support/rejected.ts';
import { cookieOf, SECRET } from '../support/hostRig.ts';

/** A server of ours that asks its client, by elicitation and by sampling. */
async function startServer(): Promise<URL> {
  const runtime = createRuntime({
    server(session) {
      const server = new McpServer({ name: 'asking', version: '1.0.0' }, session.serverOptions);
      server.registerTool('confirm', {}, async (extra) => {
        const params = {
          mode: 'form' as const,
          message: 'Which colour?',
          requestedSchema: {
            type: 'object' as const,
            properties: { colour: { type: 'string' as const } },
          },
        };
        const result = await extra.sendRequest(
          { method: 'elicitation/create', params },
          ElicitResultSchema,
          { signal: extra.signal },
        );
        return say(`${result.action} ${JSON.stringify(result.content ?? null)}`);
      });
      server.registerTool('think', {}, async (extra) => {
        const params = { messages: [], maxTokens: 10 };
        const result = await extra.sendRequest(
          { method: 'sampling/createMessage', params },
          CreateMessageResultSchema,
        );
        return say(result.content.type === 'text' ? result.content.text : '');
      });
      return server;
    },
  });
  const server = await serve(runtime, { port: 0, contain: false });
  onTestFinished(async () => {
    server.server.closeAllConnections();
    await server.close({ deadlineMs: 1 });
  });
  return new URL(server.url);
}

function say(text: string): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text }] };
}

/** A host whose users each have a client of their own, whose questions they answer themselves. */
function startHost(url: URL): Host<Client> {
  const host = createHost({
    secret: SECRET,
    principal: ({ headers }) => headers['x-user'] as string | undefined,
    async open(scope) {
      const client = new Client(
        { name: 'host', version: '1.0.0' },
        { capabilities: { elicitation: {}, sampling: {} } },
      );
      client.setRequestHandler(ElicitRequestSchema, ({ params }, { signal }) =>
        scope.ask('elicitation', params, {
          signal,
          schema: ElicitResultSchema,
        }),
      );
      client.setRequestHandler(CreateMessageRequestSchema, ({ params }, { signal }) =>
        scope.ask('sampling', params, {
          signal,
          schema: CreateMessageResultSchema,
        }),
      );
      return scope.connect('asking', client, new StreamableHTTPClientTransport(url));
    },
  });
  onTestFinished(() => host.close());
  return host;
}

const REQUEST = { headers: { host: 'localhost' } };
const textOf = async (result: Promise<unknown>): Promise<string | undefined> =>
  ((await result) as { content: { text?: string }[] }).content[0]?.text;

describe('a server that asks', () => {
  it('is answered by the user whose call it was, and by nobody else', async () => {
    const host = startHost(await startServer());
    const [alice, bob] = await Promise.all(
      ['alice', 'bob'].map(async (user) => {
        const { scope, ...entered } = await host.enter({
          headers: { host: 'localhost', 'x-user': user },
        });
        const call = textOf(scope.run((client) => client.callTool({ name: 'confirm' })));
        await eventually(() => scope.questions.length === 1);
        return { scope, entered, call, id: scope.questions[0]!.id, user };
      }),
    );
    expect(alice!.scope.questions).toMatchObject([
      { kind: 'elicitation', params: { message: 'Which colour?' } },
    ]);
    const red = { action: 'accept', content: { colour: 'red' } };
    const blue = { action: 'accept', content: { colour: 'blue' } };

    // Each tries the other's, by question and by identity.
    expect(bob!.scope.answer(alice!.id, red)).toBe(false);
    expect(alice!.scope.answer(bob!.id, red)).toBe(false);
    const headers = { host: 'localhost', 'x-user': 'bob' };
    const byHeader = host.enter({ headers: { ...headers, 'x-mcp-scope': alice!.entered.token! } });
    await expect(byHeader).rejects.toMatchObject({ status: 404 });
    const byCookie = await host.enter({ headers: { ...headers, ...cookieOf(alice!.entered) } });
    expect(byCookie.scope.questions).toEqual([]);
    expect(byCookie.scope.answer(alice!.id, red)).toBe(false);

    expect(bob!.scope.answer(bob!.id, blue)).toBe(true);
    expect(await bob!.call).toBe('accept {"colour":"blue"}');
    expect(alice!.scope.questions).toHaveLength(1);
    expect(alice!.scope.answer(alice!.id, red)).toBe(true);
    expect(await alice!.call).toBe('accept {"colour":"red"}');
  });

  it('hears nothing of an answer that is none: who gave it does', async () => {
    const host = startHost(await startServer());
    const { scope } = await host.enter(REQUEST);
    const call = textOf(scope.run((client) => client.callTool({ name: 'confirm' })));
    await eventually(() => scope.questions.length === 1);
    const { id } = scope.questions[0]!;
    for (const bad of [null, 'yes', {}, { action: 'obey' }, { action: 'accept', content: 7 }]) {
      expect(() => scope.answer(id, bad)).toThrow(ZodError);
    }
    scope.answer(id, { action: 'decline' });
    expect(await call).toBe('decline null');
  });

  it('may sample as well', async () => {
    const host = startHost(await startServer());
    const { scope } = await host.enter(REQUEST);
    const call = textOf(scope.run((client) => client.callTool({ name: 'think' })));
    await eventually(() => scope.questions.length === 1);
    expect(scope.questions[0]!.kind).toBe('sampling');
    const content = { type: 'text', text: 'thought' };
    scope.answer(scope.questions[0]!.id, { model: 'm', role: 'assistant', content });
    expect(await call).toBe('thought');
  });

  it('takes its question back with the call', async () => {
    const host = startHost(await startServer());
    const { scope } = await host.enter(REQUEST);
    const confirm = (signal?: AbortSignal): Promise<unknown> =>
      scope.run((client) =>
        client.callTool({ name: 'confirm' }, undefined, { ...(signal && { signal }) }),
      );
    // The first question of a session has the id 0, which a client of SDK v1 can not cancel.
    const first = confirm();
    await eventually(() => scope.questions.length === 1);
    scope.answer(scope.questions[0]!.id, { action: 'decline' });
    await first;

    const abort = new AbortController();
    const cancelled = rejected(confirm(abort.signal));
    await eventually(() => scope.questions.length === 1);
    const { id } = scope.questions[0]!;
    abort.abort('cancelled by its user');
    expect(await cancelled).toMatchObject({
      message: expect.stringContaining('cancelled by') as string,
    });
    await eventually(() => scope.questions.length === 0);
    expect(scope.answer(id, { action: 'decline' })).toBe(false);
  });

  it('gets one error when the scope ends before the answer', async () => {
    const host = startHost(await startServer());
    const { scope } = await host.enter(REQUEST);
    const call = textOf(scope.run((client) => client.callTool({ name: 'confirm' })));
    await eventually(() => scope.questions.length === 1);
    scope.close();
    // The server's handler hears of it, and the call still gets its answer while the scope closes.
    expect(await call).toContain('the scope ended before the answer');
    await eventually(() => host.stats().sessions.total === 0);
  });
});
