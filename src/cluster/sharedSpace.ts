import type { ClusterHost } from '../directory/cluster.ts';
import type { Deadlines } from '../base/deadlines.ts';
import type { Elsewhere } from '../directory/whereabouts.ts';
import type { Claims } from './claims.ts';
import type { Engine, Incarnation, Looked, Space, SpaceName } from './engine.ts';
import type { Node } from './node.ts';
import type { ClusterSettings } from './options.ts';
import { RecordSeal } from './recordSeal.ts';
import { Sessions } from './sessions.ts';
import { SharedStore } from './sharedStore.ts';
import type { Tallies } from './tallies.ts';

/** What a space needs of the process that has a part in it. */
export interface SharedSpaceHost {
  readonly engine: Pick<Engine, 'space'>;
  readonly node: Node;
  readonly claims: Claims;
  readonly deadlines: Deadlines;
  readonly runtime: ClusterHost;
  readonly settings: Pick<ClusterSettings, 'secrets' | 'suspendMs' | 'maxRecordBytes'>;
  readonly tallies: Pick<Tallies, 'takeovers' | 'quarantined'>;
  /** The name of the cluster, which no other cluster has. */
  readonly cluster: string;
  /** Another node has what a request is for. @param takes it may claim it */
  elsewhere(owner: Incarnation, id: string, takes: boolean): Elsewhere;
  /** A node that takes sessions from this one; `undefined`: there is none. */
  place(): Promise<Incarnation | undefined>;
  /** Something can not be read, or not be asked for, and nobody waits for it. */
  failed(error: unknown): void;
}

/** Sessions, or what a part of a store has, as one of the processes has them that share them. */
export class SharedSpace {
  readonly store: SharedStore;
  readonly sessions: Sessions;
  readonly #space: Space;

  constructor(name: SpaceName, host: SharedSpaceHost) {
    const { claims, cluster, deadlines, engine, node, runtime, settings } = host;
    const { clock, events } = runtime.services;
    const { secrets, suspendMs, maxRecordBytes } = settings;
    const isPart = name !== undefined;
    const space = engine.space(name);
    // What is sealed for one space is of no use in another.
    const sealed = isPart ? `${cluster} ${name}` : cluster;
    const seal = new RecordSeal({ cluster: sealed, secrets, maxRecordBytes });
    this.#space = space;
    this.store = new SharedStore({
      seal,
      space,
      get incarnation() {
        return node.incarnation;
      },
      get generation() {
        return node.generation;
      },
      get mayExpire() {
        return node.mayClaim && !node.isInGrace && !node.isClockOff;
      },
      now: () => clock.now(),
      engineNow: () => node.engineNow(),
      live: () => node.live(),
      whenOwn: (claim) => node.whenOwn(claim),
      lost: (claim) => node.lost(claim),
      ended: (claim) => void claims.remove(claim),
      forgot: () => node.forgotten(),
      failed: (error) => host.failed(error),
    });
    const residents = isPart ? runtime.of(name) : runtime;
    this.sessions = new Sessions({
      seal,
      node,
      space,
      claims,
      deadlines,
      suspendMs,
      name,
      runtime: {
        get isAdmitting() {
          return runtime.isAdmitting;
        },
        isCalm: (id) => residents.isCalm(id),
        isServing: (id) => residents.isServing(id),
        isSettling: (id) => residents.isSettling(id),
        settled: (id) => residents.settled(id),
        recall: (id) => residents.recall(id),
        restow: (claim) => residents.restow(claim),
      },
      elsewhere: (owner, id, takes) => host.elsewhere(owner, id, takes),
      // What is no session is looked for by its client again, which comes to a process that stays.
      place: async () => (isPart ? undefined : host.place()),
      tookOver: (session, from) => {
        if (isPart) return;
        host.tallies.takeovers++;
        events.emit('cluster.takeover', { session, from });
      },
      quarantined: () => void host.tallies.quarantined++,
      forgot: () => node.forgotten(),
    });
  }

  /** Looks whose something is. */
  look(print: string): Promise<Looked> {
    return this.#space.look(print);
  }
}
