import { currentCall } from 'mcp-actors/modern';
import { describe, expect, it } from 'vitest';
import { McpServer } from '../support/eitherSdk.ts';
import { ALL, type ModernAsk } from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';

const KNOWS: ModernAsk = {
  capabilities: { ...ALL, extensions: { 'io.modelcontextprotocol/tasks': {} } },
};
const YES = { action: 'accept', content: {} };
const question = (message: string) => ({
  method: 'elicitation/create',
  params: { mode: 'form', message, requestedSchema: { type: 'object', properties: {} } },
});
const text = (value: unknown) => ({
  content: [{ type: 'text' as const, text: JSON.stringify(value) }],
});
const asking = (result: object) => ({ content: [], resultType: 'input_required', ...result });

/** Asks for two things by a result, then for one, and says what has come back. */
function twoRounds() {
  const { inputResponses, requestState } = currentCall();
  if (requestState === undefined) {
    const inputRequests = { one: question('One?'), two: question('Two?') };
    return asking({ inputRequests, requestState: 'first' });
  }
  if (requestState === 'first') {
    const keys = Object.keys(inputResponses).join('+');
    return asking({ inputRequests: { three: question('Three?') }, requestState: keys });
  }
  return text([requestState, Object.keys(inputResponses)]);
}

/** One call that is a task at once, of a tool that does what a test says. */
async function task(run: () => object, more: object = {}) {
  const world = new ModernWorld({
    tasks: { mode: () => 'task' },
    server({ serverOptions }) {
      const server = new McpServer({ name: 'rounds', version: '1' }, serverOptions);
      server.registerTool('run', { inputSchema: {} }, () => run() as ReturnType<typeof text>);
      return server;
    },
    ...more,
  });
  const ann = await world.client('ann');
  const { result } = await ann.call('run', {}, {}, KNOWS);
  const taskId = String(result?.['taskId']);
  const ask = async (what: string, params: object = {}) => {
    const answer = await ann.ask(`tasks/${what}`, { taskId, ...params }, KNOWS);
    await world.settle();
    return answer.result;
  };
  const answer = (...keys: string[]) => {
    const inputResponses = Object.fromEntries(keys.map((key) => [key, YES]));
    return ask('update', { inputResponses });
  };
  await world.settle();
  return { world, get: () => ask('get'), answer, cancel: () => ask('cancel') };
}

describe('a result of the handler that asks, in a task', () => {
  it('is what the task asks; the handler runs again when all of it is answered', async () => {
    const { world, get, answer } = await task(twoRounds);
    expect(await get()).toMatchObject({
      status: 'input_required',
      inputRequests: { one: question('One?'), two: question('Two?') },
    });
    await answer('other', 'two');
    const open = (await get())?.['inputRequests'];
    expect(open).toEqual({ one: question('One?') });
    await answer('one');
    expect(await get()).toMatchObject({ status: 'input_required', inputRequests: { three: {} } });
    expect(world.runtime.calls()).toMatchObject([{ questions: ['elicitation/create'] }]);
    await answer('three');
    await answer('three', 'one');
    expect(await get()).toMatchObject({
      status: 'completed',
      result: text(['two+one', ['three']]),
    });
    expect(world.runtime.stats()).toMatchObject({ inFlight: 0, limits: {} });
  });

  it('runs the handler at most maxRounds times, and then fails the task', async () => {
    let runs = 0;
    const again = () => asking({ requestState: String(++runs) });
    const { world, get } = await task(again, { modern: { maxRounds: 3 } });
    expect(await get()).toMatchObject({
      status: 'failed',
      error: { data: { code: 'too-many-parked' } },
    });
    expect(runs).toBe(4);
    expect(world.runtime.stats()).toMatchObject({ inFlight: 0, limits: { maxRounds: 1 } });
  });

  it('does not run the handler of a task that was cancelled', async () => {
    const { world, get, answer, cancel } = await task(twoRounds);
    await cancel();
    await answer('one', 'two');
    expect(await get()).toMatchObject({ status: 'cancelled' });
    expect(world.runtime.stats()).toMatchObject({ inFlight: 0, modern: { tasksRunning: 0 } });
  });

  it('fails the task where its session ends', async () => {
    const { world, get } = await task(twoRounds);
    const ended = world.runtime.evictPrincipal('ann');
    await world.settle(10_000);
    await ended;
    expect(await get()).toMatchObject({
      status: 'failed',
      error: { data: { code: 'session-ended' } },
    });
  });
});
