import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NodeProgram } from '../../clusterDemo/nodeProgram.ts';
import { findRedisServer } from '../../clusterDemo/redisProcess.ts';
import { Caller } from './caller.ts';
import { LEASE_MS, Rig, SLACK_MS, timed } from './rig.ts';

let program: NodeProgram;
beforeAll(async () => void (program = await NodeProgram.make('test/cluster/processes/parts.ts')));
afterAll(() => program.remove());

type Node = Rig['nodes'][number];

/** A session at a process. */
class Desk {
  readonly #caller: Caller;
  readonly #node: Node;

  private constructor(caller: Caller, node: Node) {
    this.#caller = caller;
    this.#node = node;
  }

  static async at(node: Node): Promise<Desk> {
    return new Desk(await Caller.open(node), node);
  }

  async say(name: string, line = ''): Promise<string> {
    const { result, error } = await this.#caller.call(this.#node, name, line);
    const [said] = (result?.['content'] ?? []) as { readonly text?: string }[];
    return said?.text ?? `${error?.code} ${error?.message}`;
  }
}

async function setUp(count: number) {
  const rig = await Rig.start(program, count);
  const desks = await Promise.all(rig.nodes.map((node) => Desk.at(node)));
  return { rig, nodes: rig.nodes as [Node, Node, Node], desks: desks as [Desk, Desk, Desk] };
}

describe.skipIf(findRedisServer() === undefined)('handles of processes that share them', () => {
  it('go on, as they were, when the process that has them is killed', async () => {
    const { nodes, desks } = await setUp(3);
    const [one, two, three] = desks;
    const id = await one.say('openBook');
    for (const word of ['a', 'b', 'c']) await one.say('write', `${id} ${word}`);
    expect(JSON.parse(await one.say('buy', 'apples'))).toEqual(['apples']);
    await nodes[0].end('SIGKILL');
    const [written, ms] = await timed(two.say('write', `${id} d`));
    expect(JSON.parse(written)).toEqual({ by: 'n2', lines: ['a', 'b', 'c', 'd'] });
    expect(ms).toBeLessThan(LEASE_MS + 1000 + SLACK_MS);
    expect(JSON.parse(await three.say('write', `${id} e`))).toMatchObject({
      by: 'n3',
      lines: ['a', 'b', 'c', 'd', 'e'],
    });
    expect(JSON.parse(await three.say('buy', 'pears'))).toEqual(['apples', 'pears']);
  });

  it('lose no change that was answered, whichever process is killed while all write', async () => {
    const { nodes, desks } = await setUp(3);
    const id = await desks[0].say('openBook');
    const answered: string[] = [];
    const write = async (desk: Desk, by: number): Promise<void> => {
      for (let n = 0; n < 20; n++) {
        const word = `${by}-${n}`;
        const said = await desk.say('write', `${id} ${word}`).catch(() => 'broken');
        if (said === 'broken') return;
        if (said.startsWith('{')) answered.push(word);
      }
    };
    const writing = Promise.all(desks.map((desk, by) => write(desk, by)));
    while (answered.length < 6) await new Promise((resolve) => setImmediate(resolve));
    await nodes[0].end('SIGKILL');
    await writing;
    const { lines } = JSON.parse(await desks[1].say('write', `${id} last`)) as {
      lines: string[];
    };
    expect(lines).toEqual(expect.arrayContaining(answered));
    expect(new Set(lines).size).toBe(lines.length);
    expect(answered.length).toBeGreaterThan(30);
  });

  it('are not used any more by a process that stood still past its lease', async () => {
    const { nodes, desks } = await setUp(2);
    const [one, two] = desks;
    const id = await one.say('openBook');
    await one.say('write', `${id} a`);
    nodes[0].freeze();
    const late = one.say('write', `${id} late`);
    expect(JSON.parse(await two.say('write', `${id} b`))).toEqual({
      by: 'n2',
      lines: ['a', 'b'],
    });
    nodes[0].thaw();
    expect(JSON.parse(await late)).toMatchObject({ lines: ['a', 'b', 'late'] });
  });
});
