import {
  acceptedContent,
  inputRequired,
  McpServer,
  Server,
  type ServerContext,
  type ServerOptions,
} from '@modelcontextprotocol/server';
import type { Session } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import {
  ALL,
  type ModernAsk,
  type ModernClient,
  REVISION,
  textOf,
} from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';
import type { Rpc } from '../support/reply.ts';
import { WireClient } from '../support/wireClient.ts';

type Params = Readonly<Record<string, unknown>>;
type Run = (context: ServerContext, server: McpServer) => unknown;

const FORM = {
  type: 'object' as const,
  properties: { name: { type: 'string' as const } },
  required: ['name'],
};
const ADA = { action: 'accept', content: { name: 'Ada' } };
const PREFIX = 'io.modelcontextprotocol/';
const YES = { input_1: ADA };

const said = (value: unknown) => ({
  content: [{ type: 'text' as const, text: JSON.stringify(value) ?? 'undefined' }],
});
const heard = (answer: Rpc): unknown => JSON.parse(textOf(answer)!);
const stateOf = ({ result }: Rpc): string => String(result?.['requestState']);

/** A world of servers of SDK v2 with one tool, `run`, which does what a test says. */
async function running(run: Run, options: ServerOptions = {}, more: object = {}) {
  const servers: McpServer[] = [];
  const world = new ModernWorld({
    server({ serverOptions }: Session) {
      const capabilities = { logging: {}, resources: { subscribe: true } };
      const server = new McpServer(
        { name: 'native', version: '1' },
        { ...serverOptions, capabilities, ...options },
      );
      servers.push(server);
      server.registerTool('run', { inputSchema: z.object({}) }, async (_args, context) => {
        const result = await run(context, server);
        return (
          typeof result === 'object' && result !== null && 'resultType' in result
            ? result
            : said(result)
        ) as ReturnType<typeof said>;
      });
      return server;
    },
    ...more,
  });
  return { world, servers, ann: await world.client('ann') };
}

const call = (client: ModernClient, more: object = {}, how?: ModernAsk): Promise<Rpc> =>
  client.call('run', {}, { ...more }, how);

/** Asks for a name by a result, and says what came back. */
const asksItself: Run = ({ mcpReq }) => {
  const name = acceptedContent<{ name: string }>(mcpReq.inputResponses, 'who');
  if (name !== undefined) return [name, mcpReq.requestState()];
  const who = inputRequired.elicit({ message: 'Who?', requestedSchema: FORM });
  return inputRequired({ inputRequests: { who }, requestState: 'mine' });
};

const version: Run = (_context, { server }) => server.getNegotiatedProtocolVersion();

describe('a server of SDK v2', () => {
  it('serves the revision in its own way: its handlers see the envelope of their call', async () => {
    const { world, ann } = await running(({ mcpReq }, { server }) => [
      mcpReq.envelope,
      server.getNegotiatedProtocolVersion(),
      server.getClientCapabilities(),
    ]);
    const capabilities = { elicitation: {} };
    expect(heard(await call(ann, {}, { capabilities }))).toEqual([
      {
        [`${PREFIX}protocolVersion`]: REVISION,
        [`${PREFIX}clientInfo`]: { name: 'ann', version: '1' },
        [`${PREFIX}clientCapabilities`]: capabilities,
      },
      REVISION,
      capabilities,
    ]);
    expect(world.runtime.residents()[0]).toMatchObject({ protocolVersion: REVISION });
  });

  it('tells calls of two clients apart that have one id, one after the other or at once', async () => {
    const { ann } = await running(
      async ({ http, mcpReq }) => {
        await turn();
        return [http?.authInfo, (mcpReq.envelope as Params)[`${PREFIX}clientInfo`]];
      },
      {},
      { modern: { scope: 'shared' } },
    );
    const all = ['ann', 'bob', 'cid', 'ann'].map((user) => call(ann.as(user), {}, { id: 1 }));
    const names = (await Promise.all(all)).map(
      (answer) => (heard(answer) as { name: string }[])[1],
    );
    expect(names.map((each) => each!.name)).toEqual(['ann', 'bob', 'cid', 'ann']);
  });

  it('logs what the request wants, and nothing where it wants none', async () => {
    const { ann } = await running(async ({ mcpReq }, { server }) => {
      await mcpReq.log('debug', 'quiet');
      await mcpReq.log('error', 'loud');
      await server.sendLoggingMessage({ level: 'error', data: 'louder' });
    });
    const logs = async (meta: object): Promise<unknown[]> => {
      const reply = await ann.send(
        'tools/call',
        { name: 'run', arguments: {} },
        { meta: { ...meta } },
      );
      const { messages } = await reply.whole();
      return messages.flatMap(({ method, params }) =>
        method === undefined ? [] : [params?.['data']],
      );
    };
    expect(await logs({})).toEqual([]);
    expect(await logs({ [`${PREFIX}logLevel`]: 'warning' })).toEqual(['loud', 'louder']);
  });

  it('is set up when its client is there, and again when it has slept', async () => {
    let ready = 0;
    const { world, servers, ann } = await running(
      () => ready,
      {},
      {
        store: new DurableMemory(),
        server({ serverOptions }: Session) {
          const server = new McpServer({ name: 'native', version: '1' }, serverOptions);
          servers.push(server);
          server.server.oninitialized = () => void ready++;
          server.registerTool('run', { inputSchema: z.object({}) }, () => said(ready));
          return server;
        },
      },
    );
    expect(heard(await call(ann))).toBe(1);
    await world.settle(10 * 60_000);
    expect(world.runtime.stats().sessions.asleep).toBe(1);
    expect(heard(await call(ann))).toBe(2);
    expect(servers.map(({ server }) => server.getNegotiatedProtocolVersion())).toEqual([
      REVISION,
      REVISION,
    ]);
  });

  it('says of its results how long they may be kept, as the runtime is told', async () => {
    const cache = { ttlMs: 5000, scope: 'public' } as const;
    const { ann } = await running(() => 1, {}, { modern: { cache } });
    const hint = { ttlMs: 5000, cacheScope: 'public' };
    expect((await ann.ask('tools/list')).result).toMatchObject(hint);
    const own = await running(
      () => 1,
      { cacheHints: { 'tools/list': { ttlMs: 7 } } },
      { modern: { cache } },
    );
    expect((await own.ann.ask('tools/list')).result).toMatchObject({ ttlMs: 7 });
  });
});

describe('a result of its own that asks', () => {
  it('keeps its keys; its state is sealed on the way, and comes back as it was', async () => {
    const { ann } = await running(asksItself);
    const asked = await call(ann);
    expect(asked.result).toMatchObject({
      resultType: 'input_required',
      inputRequests: { who: {} },
    });
    expect(stateOf(asked)).toMatch(/^r1\./);
    const back = { requestState: stateOf(asked), inputResponses: { who: ADA } };
    expect(heard(await call(ann, back))).toEqual([ADA.content, 'mine']);
    const invalid = { code: -32602, data: { reason: 'invalid_request_state' } };
    expect((await call(ann.as('bob'), back)).error).toMatchObject(invalid);
    expect((await call(ann, { ...back, requestState: 'mine' })).error).toMatchObject(invalid);
  });

  it('has its state verified by the hook of its server, which can refuse it', async () => {
    const seen: unknown[] = [];
    const verify = (state: string) => {
      seen.push(state);
      if (seen.length > 1) throw new Error('used');
      return { opened: state };
    };
    const { ann } = await running(asksItself, { requestState: { verify } });
    const back = { requestState: stateOf(await call(ann)), inputResponses: { who: ADA } };
    expect(heard(await call(ann, back))).toEqual([ADA.content, { opened: 'mine' }]);
    expect((await call(ann, back)).error).toMatchObject({ code: -32602 });
    expect(seen).toEqual(['mine', 'mine']);
  });

  it('asks no client for what it does not declare', async () => {
    const { ann } = await running(asksItself);
    const reply = await ann.send(
      'tools/call',
      { name: 'run', arguments: {} },
      { capabilities: {} },
    );
    expect([reply.status, (await reply.whole()).message?.error]).toMatchObject([
      400,
      { code: -32021, data: { requiredCapabilities: { elicitation: {} } } },
    ]);
  });
});

describe('a question in the way of sessions', () => {
  it('parks its call, from the context and from the server, beside results that ask', async () => {
    const { ann } = await running(async (context, { server }) => {
      if (context.mcpReq.inputResponses !== undefined)
        return asksItself(context, undefined as never);
      const one = await context.mcpReq.elicitInput({ message: 'One?', requestedSchema: FORM });
      const two = await server.listRoots();
      const asked = { messages: [], maxTokens: 1 };
      const { content } = await context.mcpReq.requestSampling(asked);
      return one.action === 'accept' && two.roots.length === 0
        ? asksItself(context, undefined as never)
        : content;
    });
    let asked = await call(ann);
    for (const answer of [
      ADA,
      { roots: [] },
      { role: 'assistant', model: 'm', content: { type: 'text', text: 'hi' } },
    ]) {
      const [key = ''] = Object.keys(asked.result?.['inputRequests'] as object);
      const inputResponses = { [key]: answer };
      asked = await call(ann, { requestState: stateOf(asked), inputResponses });
    }
    const back = { requestState: stateOf(asked), inputResponses: { who: ADA } };
    expect(heard(await call(ann, back))).toEqual([ADA.content, 'mine']);
  });

  it('goes out with others of its turn; what the SDK checks of an answer, it checks', async () => {
    const { ann } = await running(async ({ mcpReq }) => {
      const ask = (message: string) => mcpReq.elicitInput({ message, requestedSchema: FORM });
      const both = await Promise.allSettled([ask('One?'), ask('Two?')]);
      return both.map((each) => (each.status === 'fulfilled' ? each.value : each.reason.code));
    });
    const asked = await call(ann);
    expect(Object.keys(asked.result?.['inputRequests'] as object)).toEqual(['input_1', 'input_2']);
    const inputResponses = { input_1: { action: 'accept', content: { name: 7 } }, input_2: ADA };
    expect(heard(await call(ann, { requestState: stateOf(asked), inputResponses }))).toEqual([
      -32602,
      ADA,
    ]);
  });

  it('is refused by the SDK where it goes past the methods that ask', async () => {
    const { world, ann } = await running(({ mcpReq }) => mcpReq.send({ method: 'roots/list' }));
    const answer = await call(ann);
    expect(answer.result).toMatchObject({ isError: true });
    expect(textOf(answer)).toContain('not supported by the negotiated protocol version');
    expect(world.runtime.stats().modern.parked).toBe(0);
  });

  it('waits for parkMs where its author names no time, and fails as the call does', async () => {
    const errors: unknown[] = [];
    const { world, ann } = await running(
      ({ mcpReq }) =>
        mcpReq
          .elicitInput({ message: 'Who?', requestedSchema: FORM })
          .catch((error: unknown) => errors.push(error)),
      {},
      { modern: { parkMs: 60_000 } },
    );
    await call(ann);
    await world.settle(61_000);
    expect(errors).toMatchObject([{ data: { code: 'call-lost' } }]);
    await call(ann, {}, { capabilities: {} });
    expect(errors[1]).toMatchObject({ code: -32021 });
  });

  it('is withdrawn by its signal, and by the end of its session', async () => {
    const leaving = new AbortController();
    const { world, ann, servers } = await running(async ({ mcpReq }) => {
      const asked = { message: 'Who?', requestedSchema: FORM };
      const question = mcpReq.elicitInput(asked, { signal: leaving.signal });
      return question.then(
        () => 'answered',
        () => 'withdrawn',
      );
    });
    const asked = await call(ann);
    leaving.abort();
    await world.settle();
    expect(heard(await call(ann, { requestState: stateOf(asked), inputResponses: YES }))).toBe(
      'withdrawn',
    );
    await call(ann);
    await servers[0]!.close();
    await world.settle();
    expect(world.runtime.stats()).toMatchObject({ inFlight: 0 });
  });
});

describe('a task of a server of SDK v2', () => {
  const knows = { capabilities: { ...ALL, extensions: { [`${PREFIX}tasks`]: {} } } };
  const tasks = { mode: () => 'task' as const };

  it('asks by results, and is run again with the answers of its client', async () => {
    const { world, ann } = await running(asksItself, {}, { tasks });
    const { taskId } = (await call(ann, {}, knows)).result as { taskId: string };
    const get = async () => (await ann.ask('tasks/get', { taskId }, knows)).result;
    await world.settle();
    expect(await get()).toMatchObject({ status: 'input_required', inputRequests: { who: {} } });
    const update = (inputResponses: object) =>
      ann.ask('tasks/update', { taskId, inputResponses }, knows);
    await update({ other: ADA });
    expect(await get()).toMatchObject({ status: 'input_required' });
    await update({ who: ADA });
    await world.settle();
    await update({ who: ADA });
    const { content } = said([ADA.content, 'mine']);
    expect(await get()).toMatchObject({ status: 'completed', result: { content } });
  });
});

describe('a server of SDK v2 is served as in a session', () => {
  it('where it does not list the revision', async () => {
    const { ann } = await running(version, { supportedProtocolVersions: ['2025-11-25'] });
    expect(heard(await call(ann))).toBe('2025-11-25');
    const asking = await running(asksItself, { supportedProtocolVersions: ['2025-11-25'] });
    const asked = await call(asking.ann);
    expect(Object.keys(asked.result?.['inputRequests'] as object)).toEqual(['input_1']);
    const back = { requestState: stateOf(asked), inputResponses: YES };
    expect(heard(await call(asking.ann, back))).toEqual([ADA.content, 'mine']);
  });

  it('where it has to hear who follows a resource', async () => {
    const followed: string[] = [];
    const server = ({ serverOptions }: Session) => {
      const made = new Server(
        { name: 'low', version: '1' },
        { ...serverOptions, capabilities: { resources: { subscribe: true } } },
      );
      made.setRequestHandler('resources/subscribe', ({ params }) => {
        followed.push(params.uri, String(made.getNegotiatedProtocolVersion()));
        return {};
      });
      return made;
    };
    const { world, ann } = await running(version, {}, { server });
    const notifications = { resourceSubscriptions: ['a:b'] };
    const listening = await ann.send('subscriptions/listen', { notifications });
    await world.settle();
    expect(followed).toEqual(['a:b', '2025-11-25']);
    listening.leave();
  });

  it('in a session: what it is made with there lists no revision', async () => {
    const { world } = await running(version);
    const client = await WireClient.open(world.runtime);
    expect(await client.call('tools/call', { name: 'run' })).toMatchObject({
      result: said('2025-11-25'),
    });
    const [session] = world.runtime.residents();
    expect(Object.keys(session!.serverOptions)).toEqual(['jsonSchemaValidator']);
  });
});
