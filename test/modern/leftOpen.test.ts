import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RuntimeOptions, Session } from 'mcp-actors';
import { elicit, listRoots, requestInput } from 'mcp-actors/modern';
import { describe, expect, it } from 'vitest';
import { type ModernClient, textOf } from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';
import type { Rpc } from '../support/reply.ts';

interface State {
  count: number;
}

const MINUTE = 60_000;
const FORM = { type: 'object' as const, properties: {} };
const text = (value: string) => ({ content: [{ type: 'text' as const, text: value }] });
const tokenOf = ({ result }: Rpc): string => String(result?.['requestState']);
const accepted = (length: number) => ({ action: 'accept', content: { text: 'x'.repeat(length) } });

/** A world with one tool, which does what a test says. */
function worldOf(
  tool: (session: Session<State>, server: McpServer) => Promise<string>,
  options: Partial<RuntimeOptions<State>> = {},
): ModernWorld {
  return new ModernWorld({
    server(session) {
      const server = new McpServer({ name: 'one', version: '1' }, session.serverOptions);
      server.registerTool('do', { inputSchema: {} }, async () => text(await tool(session, server)));
      return server;
    },
    ...options,
  });
}

/** Asks two things at once. */
const asksTwo = async (): Promise<string> => {
  await requestInput({ one: elicit('One?', FORM), two: listRoots() });
  return 'asked';
};

/** Answers one of the two. */
const answerOne = (client: ModernClient, asked: Rpc, length = 0): Promise<Rpc> => {
  const back = { requestState: tokenOf(asked), inputResponses: { one: accepted(length) } };
  return client.call('do', {}, back);
};

/** Nothing keeps the sessions there are in use. */
async function expectQuiet(world: ModernWorld): Promise<void> {
  await world.settle(MINUTE);
  expect(world.runtime.stats()).toMatchObject({ inFlight: 0, sessions: { active: 0 } });
}

describe('what is open when a call is over', () => {
  it('is given up: a question beside one that could not be asked', async () => {
    const world = worldOf(asksTwo);
    const ann = await world.client('ann');
    const { error } = await ann.call('do', {}, {}, { capabilities: { roots: {} } });
    expect(error).toMatchObject({ code: -32021 });
    await expectQuiet(world);
  });

  it('is given up: a question that was answered while another one is open', async () => {
    const world = worldOf(asksTwo);
    const ann = await world.client('ann');
    const again = await answerOne(ann, await ann.call('do'));
    expect(Object.keys(again.result?.['inputRequests'] ?? {})).toEqual(['two']);
    await world.settle(11 * MINUTE);
    expect(world.runtime.stats().modern.abandoned).toBe(1);
    await expectQuiet(world);
  });

  it('is given up: an answer that nobody has fetched when the runtime closes', async () => {
    const world = new ModernWorld();
    await (await world.client('ann')).call('ask', { q: 'Go?' });
    await world.servers[0]!.close();
    await world.settle();
    expect(world.runtime.calls()).toMatchObject([{ state: 'parked' }]);
    const closed = world.runtime.close();
    await world.settle(10_000);
    await closed;
    expect([world.runtime.calls(), world.runtime.stats().modern.waiting]).toEqual([[], 0]);
  });
});

describe('answers that wait for others', () => {
  it('count among maxParkedBytes: beyond, the questions fail', async () => {
    const world = worldOf(asksTwo, { modern: { maxParkedBytes: 4000 } });
    const ann = await world.client('ann');
    const done = await answerOne(ann, await ann.call('do'), 5000);
    expect(done.result).toMatchObject({ isError: true });
    expect(textOf(done)).toContain('Too many calls wait');
    expect(world.runtime.stats().limits).toMatchObject({ maxParkedBytes: 1 });
    await expectQuiet(world);
  });
});
