import type { AnyActorRef, AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { pathsOf } from './words.ts';

/** An actor of the user's, as it is now. */
export interface ActorView {
  /** The ids that lead to the actor from the session's own, with `/` between: `checkout/approve`. */
  readonly actor: string;
  /** Paths of the innermost states; of an actor that is no machine, its status. */
  readonly states: readonly string[];
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  /** The machine that the actor runs; `undefined` where its logic is none. */
  readonly machine: AnyStateMachine | undefined;
  /** Content: read `context` where content may be seen. */
  readonly context: unknown;
}

/** Views of an actor and of those below it, each before its children. */
export function* viewsOf(actor: AnyActorRef, around = ''): Generator<ActorView> {
  const path = `${around}${actor.id}`;
  const snapshot = actor.getSnapshot() as Partial<AnyMachineSnapshot> | undefined;
  const status = snapshot?.status ?? 'active';
  const isMachine = snapshot?.machine !== undefined;
  yield {
    actor: path,
    states: isMachine ? pathsOf(snapshot.value) : [status],
    status,
    machine: snapshot?.machine,
    context: snapshot?.context,
  };
  for (const child of Object.values(snapshot?.children ?? {})) {
    if (child !== undefined) yield* viewsOf(child as AnyActorRef, `${path}/`);
  }
}
