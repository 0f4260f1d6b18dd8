import type { Runtime } from 'mcp-actors';
import { type AnyStateNode, getMicrosteps } from 'xstate';
import {
  firstStep,
  nextStep,
  type SessionEvent,
  sessionMachine,
  type SessionSnapshot,
  sleepingStep,
  supervisorMachine,
} from '../../machines/index.ts';

/** Every transition written in a machine: by its state, its event, and its place among others. */
export function written(node: AnyStateNode): Map<object, string> {
  const found = new Map<object, string>();
  for (const [event, transitions] of node.transitions) {
    transitions.forEach((each, i) => found.set(each, `${node.id} ${event} ${i}`));
  }
  node.always?.forEach((each, i) => found.set(each, `${node.id} always ${i}`));
  for (const child of Object.values(node.states)) {
    for (const [each, name] of written(child)) found.set(each, name);
  }
  return found;
}

const SESSION = written(sessionMachine.root);
const SUPERVISOR = written(supervisorMachine.root);

/** The transitions that an event takes a session through, by name. */
export function taken(snapshot: SessionSnapshot, event: SessionEvent): string[] {
  const passed = getMicrosteps(sessionMachine, snapshot, event).slice(0, -1);
  return [
    ...sessionMachine.getTransitionData(snapshot, event),
    ...passed.flatMap(([each]) => each._nodes.flatMap((node) => node.always ?? [])),
  ].map((each) => SESSION.get(each) ?? 'a transition of no machine');
}

/** The transitions a runtime announces, by name; its sessions are followed from their beginning. */
export class MachineLedger {
  readonly walked = new Set<string>();
  readonly #sessions = new Map<string, SessionSnapshot>();

  constructor(runtime: Runtime) {
    runtime.on('session.transition', ({ session, event, to }) => {
      const before = this.#sessions.get(session);
      if (event.type === 'session.opened' || event.type === 'session.recalled') {
        const first =
          event.type === 'session.opened' ? firstStep(event.sleeps) : sleepingStep(event.confirmed);
        this.#sessions.set(session, first.snapshot);
        return;
      }
      if (before === undefined) throw new Error(`${session} was never opened`);
      for (const name of taken(before, event)) this.walked.add(name);
      const { snapshot, path } = nextStep(before, event);
      if (path !== to) throw new Error(`announced ${to}, stepped to ${path}`);
      this.#sessions.set(session, snapshot);
    });
    runtime.on('supervisor.transition', ({ event, from }) => {
      const [name] = [...SUPERVISOR.values()].filter((each) =>
        each.startsWith(`supervisor.${from} ${event} `),
      );
      this.walked.add(name ?? 'a transition of no machine');
    });
  }
}
