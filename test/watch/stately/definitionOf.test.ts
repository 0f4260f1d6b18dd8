import { sessionMachine, supervisorMachine } from 'mcp-actors/machines';
import { definitionOf } from 'mcp-actors/stately';
import { type AnyStateMachine, assign, createMachine, fromPromise } from 'xstate';
import { describe, expect, it, test } from 'vitest';

function greet(): void {}

type Node = AnyStateMachine['root'];

/** All that is drawn of a machine, state by state. */
function drawn(machine: AnyStateMachine): unknown {
  return nodesOf(machine.root).map((node) => ({
    id: node.id,
    type: node.type,
    description: node.description,
    initial: node.initial?.target.map((target) => target.id),
    tags: node.tags,
    entry: node.entry.map(nameOf),
    exit: node.exit.map(nameOf),
    transitions: [...[...node.transitions.values()].flat(), ...(node.always ?? [])].map((each) => ({
      event: each.eventType,
      description: each.description,
      targets: each.target?.map((target) => target.id),
      guard: each.guard === undefined ? undefined : nameOf(each.guard),
      actions: each.actions.map(nameOf),
    })),
  }));
}

function nodesOf(node: Node): Node[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}

function nameOf(named: unknown): string {
  if (typeof named === 'string') return named;
  return (named as { type: string }).type.replace('xstate.', '');
}

describe('definitionOf', () => {
  test.each([
    ['session', sessionMachine, { sleeps: true }],
    ['supervisor', supervisorMachine, {}],
  ])(
    'of the %s is complete: the same machine can be made of its JSON',
    (_name, machine, context) => {
      const json = JSON.stringify(definitionOf(machine, context));
      const again = createMachine(JSON.parse(json) as object);
      expect(drawn(again)).toEqual(drawn(machine as unknown as AnyStateMachine));
      expect(again.config.context).toEqual(context);
    },
  );

  it('says what is assigned, names what has a name, and holds no code', () => {
    const machine = createMachine({
      id: 'door',
      context: () => ({ opened: 0, by: '' }),
      on: {
        open: {
          guard: ({ context }) => context.opened < 3,
          actions: [
            assign({ opened: ({ context }) => context.opened + 1, by: 'hand' }),
            { type: 'ring', params: () => ({ times: 2 }) },
            greet,
            { type: 'light', params: { lumen: 10 } },
          ],
        },
      },
    });
    const { on } = JSON.parse(JSON.stringify(definitionOf(machine))) as { on: object };
    expect(on).toEqual({
      open: {
        guard: { type: 'guard' },
        actions: [
          { type: 'assign', params: { by: 'hand' } },
          { type: 'ring' },
          { type: 'greet' },
          { type: 'light', params: { lumen: 10 } },
        ],
      },
    });
  });

  it('names logic that stands where it is invoked, and does not go into a machine', () => {
    const child = createMachine({ id: 'lamp', initial: 'off', states: { off: {} } });
    const src = [child, fromPromise(async () => 1), 'named', createMachine({})] as const;
    const machine = createMachine({ invoke: src.map((each) => ({ src: each })) });
    const { invoke } = JSON.parse(JSON.stringify(definitionOf(machine))) as { invoke: unknown };
    expect(invoke).toEqual(['lamp', 'inline', 'named', '(machine)'].map((each) => ({ src: each })));
  });
});
