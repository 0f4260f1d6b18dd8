import {
  and,
  type AnyStateMachine,
  type AnyStateNode,
  assign,
  createMachine,
  not,
  or,
  stateIn,
  type StateValue,
} from 'xstate';
import { begin, type Move, type Position, take } from './position.ts';

/** A position that a machine may have, as far as it is known without a context. */
export interface PossiblePosition {
  readonly position: Position;
  /** Which states a history leads to is not known. */
  readonly isWithoutHistory: boolean;
}

/** What an event may lead to. */
export interface Possible {
  /** Where a transition for the event leads, or a beginning. */
  readonly positions: readonly PossiblePosition[];
  /** There may be more: something depends on the context that is not said by a guard. */
  readonly mayBeMore: boolean;
}

/** Ways through one event that are looked at: a step that asks many guards has too many. */
const MAX_WAYS = 512;
/** Guards that one event asks on its way: where each lets through, a machine may never rest. */
const MAX_ASKED = 64;

/** What is written in place of a guard, and of an action that decides something. */
interface Oracle {
  guard(): boolean;
  undecided(): void;
}

/**
 * The steps of a machine whose context and whose events' members are not known: each guard may let
 * through or not, and nothing of the machine's own code runs.
 */
export class PossibleSteps implements Oracle {
  readonly #machine: AnyStateMachine;
  /** What the guards answer on the present way, in the order in which they are asked. */
  #answers: boolean[] = [];
  #asked = 0;
  #isUndecided = false;

  constructor(machine: AnyStateMachine) {
    this.#machine = withoutCode(machine, this);
  }

  /** The positions in which the machine may begin. */
  beginnings(): Possible {
    return this.#ways(() => begin(this.#machine), { isAnew: true });
  }

  /** The position in some states. @throws Error where the machine has no such states */
  at(value: StateValue): PossiblePosition {
    const snapshot = this.#machine.resolveState({ value, context: {} });
    return { position: { snapshot, delays: [] }, isWithoutHistory: true };
  }

  /** The positions to which an event may lead. */
  after(from: PossiblePosition, type: string): Possible {
    return this.#ways(() => take(from.position, { type }), from);
  }

  // ---- as the oracle

  guard(): boolean {
    if (this.#asked === MAX_ASKED) {
      this.#isUndecided = true;
      return false;
    }
    const answer = (this.#answers[this.#asked] ??= false);
    this.#asked++;
    return answer;
  }

  undecided(): void {
    this.#isUndecided = true;
  }

  // ---- ways

  #ways(
    go: () => Move,
    { isAnew = false, isWithoutHistory = false }: { isAnew?: boolean; isWithoutHistory?: boolean },
  ): Possible {
    const positions: PossiblePosition[] = [];
    let mayBeMore = false;
    this.#answers = [];
    for (let ways = 1; ; ways++) {
      this.#asked = 0;
      this.#isUndecided = false;
      const move = attempt(go);
      const isGuess = move !== undefined && isWithoutHistory && goesBack(move);
      if (move === undefined || this.#isUndecided || isGuess) mayBeMore = true;
      else if (isAnew || isStep(move))
        positions.push({ position: move.position, isWithoutHistory });
      // The next way differs in the last guard that has not let through yet.
      this.#answers.length = this.#asked;
      while (this.#answers.at(-1) === true) this.#answers.pop();
      if (this.#answers.length === 0) return { positions, mayBeMore };
      this.#answers[this.#answers.length - 1] = true;
      if (ways === MAX_WAYS) return { positions, mayBeMore: true };
    }
  }
}

function attempt(go: () => Move): Move | undefined {
  try {
    return go();
  } catch {
    return undefined;
  }
}

/** Whether a transition was made, or the actor has failed, which is no transition. */
function isStep({ steps, position }: Move): boolean {
  const { status } = position.snapshot;
  return status === 'error' || steps.some(({ transitions }) => transitions.length > 0);
}

function goesBack({ steps }: Move): boolean {
  const targets = steps.flatMap(({ transitions }) =>
    transitions.flatMap(({ target = [] }) => target),
  );
  return targets.some(({ type }) => type === 'history');
}

type Implementations = AnyStateMachine['implementations'];

/** A copy of a machine: its own code is left out, what decides where it goes is the oracle's. */
function withoutCode(machine: AnyStateMachine, oracle: Oracle): AnyStateMachine {
  const { config, implementations } = machine;
  const copy: AnyStateMachine = createMachine({ ...config, context: {} }, implementations);
  const decidingIn = (actions: readonly unknown[]) => deciding(actions, implementations, oracle);
  // The nodes are the copy's own; lists of actions are the user's, so each is replaced by another.
  for (const node of nodesOf(copy.root)) {
    const { entry, exit, initial } = node;
    for (const each of [...[...node.transitions.values()].flat(), ...(node.always ?? [])]) {
      const { guard, actions } = each;
      const isGuarded = guard !== undefined;
      Object.assign(each, {
        actions: decidingIn(actions),
        ...(isGuarded && { guard: opened(guard, implementations, oracle) }),
      });
    }
    Object.assign(initial, { actions: decidingIn(initial.actions) });
    node.invoke.splice(0);
    Object.assign(node, {
      entry: decidingIn(entry),
      exit: decidingIn(exit),
      output: undefined,
    });
  }
  return copy;
}

function* nodesOf(node: AnyStateNode): Generator<AnyStateNode> {
  yield node;
  for (const child of Object.values(node.states)) yield* nodesOf(child);
}

/** A guard that asks for states is asked; any other one is the oracle's. */
function opened(guard: unknown, implementations: Implementations, oracle: Oracle): unknown {
  const found = named(guard, implementations.guards);
  const { check, guards } = found as { check?: unknown; guards?: readonly unknown[] };
  if (check === STATE_IN) return found;
  const parts = (guards ?? []).map((each) => opened(each, implementations, oracle)) as never[];
  if (check === AND) return and(parts);
  if (check === OR) return or(parts);
  if (check === NOT) return not(parts[0]!);
  return () => oracle.guard();
}

const checkOf = (guard: unknown): unknown => (guard as { check: unknown }).check;
const [AND, OR, NOT, STATE_IN] = [and([]), or([]), not('any'), stateIn('any')].map(checkOf);

/** Of a list of actions, those by which a machine goes on in the same step. */
function deciding(
  actions: readonly unknown[],
  implementations: Implementations,
  oracle: Oracle,
): unknown[] {
  return actions.flatMap((action) => {
    const found = named(action, implementations.actions);
    const { type, event, delay } = found as { type?: unknown; event?: unknown; delay?: unknown };
    if (type === 'xstate.raise') {
      if (delay !== undefined) return [];
      return typeof event === 'function' ? [undecided(oracle)] : [found];
    }
    return type === 'xstate.enqueueActions' ? [undecided(oracle)] : [];
  });
}

function undecided(oracle: Oracle): unknown {
  return assign(() => {
    oracle.undecided();
    return {};
  });
}

/** What is behind a name, with or without params; what has no name is itself. */
function named(thing: unknown, known: object): object {
  const name: unknown =
    typeof thing === 'object' && thing !== null ? (thing as { type: unknown }).type : thing;
  const found: unknown =
    typeof name === 'string' ? (known as Record<string, unknown>)[name] : undefined;
  if (found !== undefined && found !== thing) return named(found, known);
  return typeof thing === 'function' ? thing : (Object(thing) as object);
}
