import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { record, type RecordingLine, type RecordOptions, replay } from 'mcp-actors/recorder';
import { describe, expect, it } from 'vitest';
import { type AnyStateMachine, createMachine } from 'xstate';
import { chartDefinition } from '../../../src/watch/chartDefinition.ts';
import { light } from '../../support/machines.ts';
import { MachineWorld } from '../../support/machineWorld.ts';
import { storeFolder } from '../../support/storeFolder.ts';

type Chart = Extract<RecordingLine, { readonly type: 'chart' }>;

const linesIn = (text: string): RecordingLine[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RecordingLine);

const chartsIn = (lines: readonly RecordingLine[]): Chart[] =>
  lines.filter((line) => line.type === 'chart');

/** A recording of sessions that have a light, and of what happens in them. */
async function recorded<M extends AnyStateMachine>(
  machine: M,
  act: (world: MachineWorld<M>) => Promise<void>,
  options: Partial<RecordOptions> = {},
): Promise<string> {
  const world = new MachineWorld(machine);
  let text = '';
  const write = (more: string): void => void (text += more);
  const how = { write, clock: world.clock, ...options } as RecordOptions;
  const recording = await record(world.runtime, how);
  await act(world);
  await recording.close();
  return text;
}

/** A machine whose chart has at least so many bytes. */
function large(bytes: number): AnyStateMachine {
  return createMachine({
    id: 'large',
    initial: 'a',
    states: { a: { description: 'é'.repeat(bytes / 2) } },
  });
}

async function begin(world: MachineWorld<AnyStateMachine>): Promise<void> {
  await world.open();
  await world.settle();
}

/** How many charts the recording of one session has. */
async function countOf(machine: AnyStateMachine, maxBytes: number): Promise<number> {
  return chartsIn(linesIn(await recorded(machine, begin, { maxBytes }))).length;
}

function isStep({ type }: RecordingLine): boolean {
  return type === 'actor';
}

describe('a recording', () => {
  it('has the chart of each machine once, before the first step, and each step names its chart', async () => {
    const text = await recorded(light, async (world) => {
      const { session } = await world.open();
      await world.open();
      session.actor.send({ type: 'light.switched' });
      session.spawn(createMachine({ id: 'other' }), { id: 'other' });
      await world.settle();
    });
    const lines = linesIn(text);
    expect(chartsIn(lines)).toEqual([
      {
        type: 'chart',
        at: expect.any(Number) as number,
        chart: 1,
        machine: 'light',
        definition: chartDefinition(light),
      },
      expect.objectContaining({ chart: 2, machine: 'other', definition: { id: 'other' } }),
    ]);
    const steps = lines.filter((line) => line.type === 'actor');
    expect(steps.map(({ actor, chart }) => `${actor} ${chart}`)).toEqual([
      'light 1',
      'light 1',
      'light 1',
      'other 2',
    ]);
    const [first] = chartsIn(lines);
    expect(lines.indexOf(first!)).toBeLessThan(lines.indexOf(steps[0]!));
    const again = createMachine(first!.definition as never) as AnyStateMachine;
    expect(Object.keys(again.states)).toEqual(['off', 'on', 'removed']);
    expect(await replay(text.trimEnd().split('\n'))).toMatchObject({
      difference: undefined,
      actors: 3,
    });
  });

  it('has no chart of more than 32 KiB, or than an eighth of a file', async () => {
    expect(await countOf(large(30 * 1024), 2 ** 20)).toBe(1);
    expect(await countOf(large(33 * 1024), 2 ** 20)).toBe(0);
    expect(await countOf(large(1024), 16 * 1024)).toBe(1);
    expect(await countOf(large(2048), 16 * 1024)).toBe(0);
  });

  it('has the charts of 64 machines', async () => {
    const text = await recorded(light, async (world) => {
      const { session } = await world.open();
      for (let n = 0; n < 70; n++) session.spawn(createMachine({ id: `m${n}` }), { id: `m${n}` });
      await world.settle();
    });
    expect(chartsIn(linesIn(text))).toHaveLength(64);
  });

  it('that rotates has the chart in each file', async () => {
    const file = join(storeFolder().path, '..', 'rotating.jsonl');
    const options = { file, whenFull: 'rotate', maxBytes: 16 * 1024, write: undefined } as never;
    await recorded(
      light,
      async (world) => {
        const { session } = await world.open();
        for (let n = 0; n < 200; n++) session.actor.send({ type: 'light.switched' });
        await world.settle();
      },
      options,
    );
    for (const each of [file, `${file}.1`]) {
      const text = await readFile(each, 'utf8');
      const lines = linesIn(text);
      expect(chartsIn(lines).map(({ chart }) => chart)).toEqual([1]);
      expect(lines.findIndex(({ type }) => type === 'chart')).toBeLessThan(lines.findIndex(isStep));
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(16 * 1024);
      expect((await replay(text.trimEnd().split('\n'))).difference).toBeUndefined();
    }
  });
});
