import { afterAll, beforeAll, expect, it } from 'vitest';
import { BundledChild } from '../support/bundledChild.ts';
import { REVISION } from '../support/modernClient.ts';
import { RedisServer } from '../support/redisServer.ts';
import { storeFolder } from '../support/storeFolder.ts';

const PREFIX = 'io.modelcontextprotocol/';

interface Result {
  readonly [name: string]: unknown;
  readonly content?: readonly { readonly text: string }[];
}

let program: BundledChild;
beforeAll(async () => {
  program = await BundledChild.of(new URL('../support/keepingChild.ts', import.meta.url));
});
afterAll(() => program.remove());

/** Requests of the stateless revision, by a client that knows tasks and can be asked. */
function clientOf(url: string) {
  let ids = 0;
  const ask = async (
    method: string,
    params: Readonly<Record<string, unknown>>,
  ): Promise<Result> => {
    const args = params['arguments'] as Readonly<Record<string, string>> | undefined;
    const named = (params['name'] ?? params['taskId']) as string | undefined;
    const _meta = {
      [`${PREFIX}protocolVersion`]: REVISION,
      [`${PREFIX}clientInfo`]: { name: 'ann', version: '1' },
      [`${PREFIX}clientCapabilities`]: {
        elicitation: {},
        extensions: { [`${PREFIX}tasks`]: {} },
      },
    };
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'mcp-protocol-version': REVISION,
        'mcp-method': method,
        'x-user': 'ann',
        ...(named !== undefined && { 'mcp-name': named }),
        ...(args?.['box'] !== undefined && { 'mcp-param-box': args['box'] }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: ++ids, method, params: { ...params, _meta } }),
    });
    const { result, error } = (await response.json()) as { result?: Result; error?: Result };
    return result ?? error ?? {};
  };
  const call = (name: string, args: Readonly<Record<string, string>> = {}, more = {}) =>
    ask('tools/call', { name, arguments: args, ...more });
  return { ask, call };
}

const idOf = ({ taskId }: Result) => ({ taskId });

/** What has everything, as the program is told it. */
const PLACES: readonly (readonly [string, () => Promise<string>])[] = [
  ['a folder', async () => storeFolder().path],
  ['Redis', async () => (await RedisServer.ofTest()).url],
];

it.each(PLACES)(
  'kill -9, with %s: finished tasks, handles and values go on, what ran has failed, what asked is told',
  async (_name, open) => {
    const place = await open();
    const first = program.start([place]);
    const url = await first.url();
    const before = clientOf(url);
    const [box] = (await before.call('create_box')).content!;
    await before.call('put', { box: box!.text, thing: 'apple' });
    await before.call('note', { word: 'one' });
    const done = await before.call('work');
    await fetch(new URL('/elsewhere', url));
    await expect
      .poll(() => before.ask('tasks/get', idOf(done)))
      .toMatchObject({ status: 'completed' });
    const running = await before.call('work');
    const asking = await before.call('ask');
    expect(asking).toMatchObject({ resultType: 'input_required' });

    first.process.kill('SIGKILL');
    expect(await first.ended).toBe('SIGKILL');
    const second = program.start([place]);
    const after = clientOf(await second.url());

    expect(await after.ask('tasks/get', idOf(done))).toMatchObject({
      status: 'completed',
      result: { content: [{ text: 'worked' }] },
    });
    expect(await after.ask('tasks/get', idOf(running))).toMatchObject({
      status: 'failed',
      error: { code: -32603, data: { code: 'session-restarted' } },
    });
    const put = await after.call('put', { box: box!.text, thing: 'pear' });
    expect(put.content).toEqual([{ type: 'text', text: `apple,pear of ${second.process.pid}` }]);
    expect((await after.call('note', { word: 'two' })).content).toMatchObject([
      { text: 'one,two' },
    ]);
    const { requestState } = asking;
    const inputResponses = { input_1: { action: 'accept', content: {} } };
    const retried = await after.call('ask', {}, { requestState, inputResponses });
    expect(retried).toMatchObject({
      isError: true,
      content: [{ text: expect.stringContaining('Call the tool again') as string }],
    });
  },
);
