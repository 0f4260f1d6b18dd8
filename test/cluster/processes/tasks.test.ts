import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NodeProgram } from '../../clusterDemo/nodeProgram.ts';
import { findRedisServer } from '../../clusterDemo/redisProcess.ts';
import { sendOverSocket } from '../../support/door.ts';
import { ALL, type ModernAsk, ModernClient, textOf } from '../../support/modernClient.ts';
import type { Rpc } from '../../support/reply.ts';
import { LEASE_MS, Rig, SLACK_MS, timed } from './rig.ts';

const KNOWS: ModernAsk = {
  capabilities: { ...ALL, extensions: { 'io.modelcontextprotocol/tasks': {} } },
};
const NOWHERE = { close: async (): Promise<void> => {} };
/** Longer than any test. */
const LONG_MS = 600_000;

let program: NodeProgram;
beforeAll(async () => void (program = await NodeProgram.make('test/cluster/processes/parts.ts')));
afterAll(() => program.remove());

type Node = Rig['nodes'][number];

/** Ann, at one process. */
function ann({ port }: Node): ModernClient {
  const host = `127.0.0.1:${port}`;
  const { close } = NOWHERE;
  return new ModernClient({ host, port, send: (ask) => sendOverSocket(port, ask), close }, 'ann');
}

async function begin(node: Node, ms: number): Promise<string> {
  const { result } = await ann(node).call('work', { ms }, {}, KNOWS);
  expect(result).toMatchObject({ resultType: 'task', status: 'working' });
  return String(result!['taskId']);
}

function get(node: Node, taskId: string): Promise<Rpc> {
  return ann(node).ask('tasks/get', { taskId }, KNOWS);
}

async function completed(node: Node, taskId: string): Promise<string | undefined> {
  for (;;) {
    const { result } = await get(node, taskId);
    if (result?.['status'] === 'completed') return textOf({ result: result['result'] } as Rpc);
    expect(result).toMatchObject({ status: 'working' });
  }
}

const failed = { status: 'failed', error: { data: { code: 'session-restarted' } } };

describe.skipIf(findRedisServer() === undefined)('tasks of processes that share them', () => {
  it('that are over outlive the process that ran them', async () => {
    const { nodes } = await Rig.start(program, 3);
    const [first, second, third] = nodes as [Node, Node, Node];
    const id = await begin(first, 300);
    expect(await completed(second, id)).toBe('by n1');
    await first.end('SIGKILL');
    for (const node of [second, third]) expect(await completed(node, id)).toBe('by n1');
  });

  it('that ran in a process that was killed have failed when its lease is over', async () => {
    const { nodes } = await Rig.start(program, 3);
    const [first, second, third] = nodes as [Node, Node, Node];
    const id = await begin(first, LONG_MS);
    expect((await get(second, id)).result).toMatchObject({ status: 'working' });
    await first.end('SIGKILL');
    const [answers, ms] = await timed(
      Promise.all([second, third, second].map((node) => get(node, id))),
    );
    for (const { result } of answers) expect(result).toMatchObject(failed);
    expect(ms).toBeLessThan(LEASE_MS + 1000 + SLACK_MS);
    await first.start();
    expect((await get(first, id)).result).toMatchObject(failed);
  });

  it('are failed for a process that stood still past its lease, too', async () => {
    const { nodes } = await Rig.start(program, 2);
    const [first, second] = nodes as [Node, Node];
    const id = await begin(first, LONG_MS);
    first.freeze();
    const late = get(first, id);
    expect((await get(second, id)).result).toMatchObject(failed);
    first.thaw();
    expect((await late).result).toMatchObject(failed);
    expect((await get(first, id)).result).toMatchObject(failed);
  });
});
