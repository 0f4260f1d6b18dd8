import { describe, expect, it } from 'vitest';
import { HandleWorld } from '../support/handleWorld.ts';
import { ALL, type ModernAsk, textOf } from '../support/modernClient.ts';
import { ModernWorld } from '../support/modernWorld.ts';
import type { Rpc } from '../support/reply.ts';
import { WireClient } from '../support/wireClient.ts';

const SECRET = 'thirty-two characters or more of it';
const KNOWS: ModernAsk = {
  capabilities: { ...ALL, extensions: { 'io.modelcontextprotocol/tasks': {} } },
};
const YES = { input_1: { action: 'accept', content: { ok: true } } };

const sessionOf = ({ result }: Rpc): string =>
  String((result?.['_meta'] as Record<string, string> | undefined)?.['mcp-actors/session']);
/** Counts in the session of an id. */
const counted = (session: string) =>
  ['count', { session }, {}, { headers: { 'mcp-param-session': session } }] as const;

describe('the option node', () => {
  it('is in the ids of sessions that tool calls name, and an id is known as a whole', async () => {
    const world = new ModernWorld({ node: 'n1' });
    const anonymous = await world.client();
    const session = sessionOf(await anonymous.call('count'));
    expect(session).toMatch(/^n1-[a-z2-7]{26}$/);
    expect(textOf(await anonymous.call(...counted(session)))).toBe('2');
    for (const other of [session.slice('n1-'.length), session.replace('n1', 'n2')]) {
      expect((await anonymous.call(...counted(other))).result).toMatchObject({ isError: true });
    }
  });

  it('is in the ids of handles, of either era', async () => {
    const world = new HandleWorld({}, { node: 'n1' });
    for (const call of [await world.modern('ann'), await world.legacy('ann')]) {
      const page = await call('create_page');
      expect(page).toMatch(/^n1-[a-z2-7]{26}$/);
      expect(await call('visit', { page, url: 'a:b' })).toBe('at a:b');
      expect(await call('visit', { page: page.replace('n1', 'n2'), url: 'a:b' })).toMatch(
        /^! There is no such page/,
      );
    }
  });

  it('is in the ids of tasks', async () => {
    const world = new ModernWorld({ node: 'n1', tasks: { mode: () => 'task' } });
    const ann = await world.client('ann');
    const { taskId } = (await ann.call('count', {}, {}, KNOWS)).result as { taskId: string };
    expect(taskId).toMatch(/^n1-[a-z2-7]{26}$/);
    expect((await ann.ask('tasks/get', { taskId }, KNOWS)).result).toMatchObject({ taskId });
    const other = await ann.ask('tasks/get', { taskId: taskId.replace('n1', 'n2') }, KNOWS);
    expect(other.error?.data).toMatchObject({ code: 'task-unknown' });
  });

  it('is in tokens, which another node with the same secret can tell from forged ones', async () => {
    const worlds = ['n1', 'n2'].map((node) => new ModernWorld({ node, secret: SECRET }));
    const [one, two] = [await worlds[0]!.client('ann'), await worlds[1]!.client('ann')];
    const { requestState } = (await one.call('ask', { q: 'Go?' })).result as {
      requestState: string;
    };
    expect(requestState).toMatch(/^r1\.n1\./);
    const retry = (client: typeof one, state: string) =>
      client.call('ask', { q: 'Go?' }, { requestState: state, inputResponses: YES });
    const invalid = { data: { reason: 'invalid_request_state' } };
    expect((await retry(one, requestState.replace('n1', 'n2'))).error).toMatchObject(invalid);
    expect(textOf(await retry(two, requestState))).toContain('Call the tool again');
    expect(textOf(await retry(one, requestState))).toBe('Go?: accept');
  });

  it('is in no id of a session that its protocol or its principal names', async () => {
    const world = new ModernWorld({ node: 'n1' });
    await (await world.client('ann')).call('count');
    const client = await WireClient.open(world.runtime);
    expect(client.id).toMatch(/^[a-z2-7]{26}$/);
    const ids = world.runtime.residents().map(({ id }) => id);
    expect(ids.filter((id) => id.startsWith('n1'))).toEqual([]);
  });
});
