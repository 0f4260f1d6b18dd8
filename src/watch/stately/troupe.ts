import type { AnyStateMachine } from 'xstate';
import type { Player } from './player.ts';
import { valueOf } from '../../machine/words.ts';
import { definitionOf } from './definitionOf.ts';

/** Actors of one session that are shown; what comes beyond is not. */
const MAX_ACTORS = 100;

/** What stands for the definition of an actor that is no machine. */
const NO_MACHINE = JSON.stringify({});

/** Definitions as JSON: the actors of all sessions run the machines of one program. */
const definitions = new WeakMap<AnyStateMachine, string>();

/** The users' actors of one session, by the ids that lead to each, a parent before its children. */
export class Troupe {
  readonly #session: Player;
  /** Made with the first of them. */
  #actors: Map<string, Player> | null = null;

  constructor(session: Player) {
    this.#session = session;
  }

  players(): Iterable<Player> {
    return this.#actors?.values() ?? [];
  }

  /** Adds an actor from before the bridge; `undefined`: it is known, or there is no room. */
  introduce(
    actor: string,
    states: readonly string[],
    machine: AnyStateMachine | undefined,
  ): Player | undefined {
    if (this.#actors?.has(actor) === true) return undefined;
    return this.acted(actor, states, machine, this.#session.createdAt);
  }

  /** @param states the paths of its innermost states */
  acted(
    actor: string,
    states: readonly string[],
    machine: AnyStateMachine | undefined,
    at: number,
  ): Player | undefined {
    const actors = (this.#actors ??= new Map<string, Player>());
    let player = actors.get(actor);
    if (player === undefined) {
      if (actors.size >= MAX_ACTORS) return undefined;
      const [, around] = /^(.*)\/[^/]*$/.exec(actor) ?? [];
      player = {
        sessionId: `${this.#session.sessionId}/${actor}`,
        name: actor,
        parent: (around === undefined ? undefined : actors.get(around)) ?? this.#session,
        definition: machine === undefined ? NO_MACHINE : written(machine),
        createdAt: at,
        snapshot: shown(states, machine),
      };
      actors.set(actor, player);
    }
    player.snapshot = shown(states, machine);
    return player;
  }
}

function written(machine: AnyStateMachine): string {
  let text = definitions.get(machine);
  if (text === undefined) {
    // A context may hold anything.
    text = JSON.stringify(definitionOf(machine, {}));
    definitions.set(machine, text);
  }
  return text;
}

function shown(
  states: readonly string[],
  machine: AnyStateMachine | undefined,
): Player['snapshot'] {
  const isFinal = states.every((path) => machine?.root.states[path]?.type === 'final');
  const isDone = machine === undefined ? states[0] !== 'active' : isFinal;
  return {
    status: isDone ? 'done' : 'active',
    value: machine === undefined ? (states[0] ?? '') : valueOf(states),
    context: {},
    tags: [],
    children: {},
    historyValue: {},
    output: undefined,
    error: undefined,
  };
}
