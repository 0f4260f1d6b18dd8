import { EventEmitter } from 'node:events';
import type { RuntimeOptions, Session } from 'mcp-actors';
import { eventually } from '../support/eventually.ts';
import { FakeServer, type Hook } from '../support/fakeServer.ts';
import type { RawClient } from '../support/rawClient.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { MachineLedger } from './machineLedger.ts';

export interface StageOptions extends Partial<RuntimeOptions<unknown>> {
  readonly hook?: Hook;
  /** The session owns {@link Stage.resource}. */
  readonly owns?: boolean;
  /** Factories wait for {@link Stage.build}. */
  readonly holds?: boolean;
}

/** A runtime behind real HTTP on a virtual clock, and what its sessions are made of. */
export interface Stage extends Rig {
  readonly ledger: MachineLedger;
  readonly raw: RawClient;
  /** Of the session made last. */
  readonly made: { session?: Session };
  readonly resource: EventEmitter;
  /** What the server does on a message, by its method. */
  readonly acts: Map<string, () => void>;
  readonly build: () => void;
  /** The last reference went a moment ago: the session is idle. */
  readonly quiet: () => Promise<void>;
  /** Waits until a transition was taken. */
  readonly walked: (name: string) => Promise<void>;
}

/** Something a session can go through, over HTTP. */
export interface Scenario {
  readonly options?: StageOptions;
  /** The transitions it is here for. */
  readonly walks: readonly string[];
  readonly play: (stage: Stage) => Promise<unknown>;
}

/** Sets a stage for the running test, which clears it. */
export async function setStage({ hook, owns, holds, ...options }: StageOptions): Promise<Stage> {
  const made: { session?: Session } = {};
  const resource = Object.assign(new EventEmitter(), { close: () => {} });
  const acts = new Map<string, () => void>();
  let build!: () => void;
  const gate = new Promise<void>((resolve) => (build = resolve));
  const act: Hook = (message) => {
    if ('method' in message) acts.get(message.method)?.();
  };
  const server = async (session: Session): Promise<FakeServer> => {
    made.session = session;
    if (owns === true) session.own(resource);
    if (holds === true) await gate;
    return new FakeServer(hook ?? act);
  };
  const rig = await startRig('node http', { server, ...options });
  const ledger = new MachineLedger(rig.runtime);
  return {
    ...rig,
    ledger,
    raw: rig.client(),
    made,
    resource,
    acts,
    build,
    quiet: () => rig.clock.elapse(2000),
    walked: (name) => eventually(() => ledger.walked.has(name)),
  };
}
