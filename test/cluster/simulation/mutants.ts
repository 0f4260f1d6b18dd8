import type { Mutant } from './mutant.ts';

const ENGINE = 'src/cluster/memory/memorySpace.ts';

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  confirmAck: {
    what: 'a forwarded call begins only when its ack is known to have left',
    changes: [
      {
        file: 'src/cluster/servedExchange.ts',
        from: `      // The ingress may look elsewhere for who begins it.
      if (heard === 0) return host.drop(this);
      if (heard !== 1) return this.refuse('moved');`,
        to: 'void heard;',
      },
    ],
    finding: /twice/,
    faults: ['fall'],
    seeds: [7, 100],
  },
  dedupe: {
    what: 'the owner knows the calls it has seen',
    changes: [
      {
        file: 'src/cluster/owner.ts',
        from: 'if (known !== undefined) return known.repeat(from);',
        to: '',
      },
    ],
    finding: /twice|hung|liveness/,
    faults: ['pause', 'connection', 'connections'],
    seeds: [12, 100],
  },
  strictLease: {
    what: 'a session is taken over only when the lease of its owner has ended',
    changes: [
      {
        file: ENGINE,
        from: "if (isOthers && leftMs > 0) return { is: 'theirs', owner, leftMs };",
        to: '',
      },
    ],
    finding: /order|twice|state|lost/,
    faults: ['kill', 'pause'],
    seeds: [1, 100],
  },
  leaseCheck: {
    what: 'an owner looks at its lease before it begins',
    changes: [
      {
        file: 'src/cluster/lease.ts',
        from: 'return this.leftMs > 0;',
        to: 'return this.#until.steady > -Infinity;',
      },
    ],
    finding: /order|state/,
    faults: ['pause', 'cut'],
    seeds: [1, 100],
  },
  reassert: {
    what: 'what is owned is asserted again after a reconnect',
    changes: [
      {
        file: 'src/cluster/recovery.ts',
        from: 'return claim.isBorn && !claim.isLost && !this.#asserted.has(claim);',
        to: 'this.#asserted.add(claim); return false;',
      },
    ],
    finding: /lost|state|order/,
    faults: ['failover', 'wipe', 'cut'],
    seeds: [9, 1],
  },
  grace: {
    what: 'nothing is taken over, and nothing is unknown, within a lease of another server',
    changes: [
      {
        file: 'src/cluster/engineTime.ts',
        from: 'return this.#host.clock.now() < this.#graceUntil;',
        to: 'return false;',
      },
    ],
    finding: /lost|state|order/,
    faults: ['failover', 'wipe'],
    seeds: [1, 100],
  },
  graceForUnowned: {
    what: 'within the grace, nobody’s sessions are not trusted to be nobody’s',
    changes: [
      {
        file: 'src/cluster/sessions.ts',
        from: 'if (node.isInGrace) return this.#look(id, print);',
        to: `if (node.isInGrace) return this.#host.space.look(print).then(({ is }) =>
        is === 'free' && this.#mayClaim ? this.#take(id, print) : this.#look(id, print));`,
      },
    ],
    finding: /state|lost|order/,
    faults: ['failover'],
    seeds: [1, 100],
  },
  recheckAfterAck: {
    what: 'lease, claim and time are looked at once more before a call begins',
    changes: [
      {
        file: 'src/cluster/servedExchange.ts',
        from: `    if (!host.isLive) return this.refuse('suspended');
    if (this.#isLate || this.#isLeft || !host.isReady(session, isAwaited, space))
      return this.refuse('moved');`,
        to: '',
      },
    ],
    finding: /twice|order|state/,
    faults: ['slow', 'pause'],
    seeds: [25, 100],
  },
  doubt: {
    what: 'after a lease that was over, nothing is served within the grace of another server',
    changes: [
      {
        file: 'src/cluster/node.ts',
        from: 'return this.#lease.hasLapsed && this.#time.isInGrace;',
        to: 'return false;',
      },
    ],
    finding: /order|state/,
    seeds: [323, 1],
  },
  fencedSave: {
    what: 'the engine refuses writes of an old claim',
    changes: [
      {
        file: ENGINE,
        from: "if (before.owner !== by || before.token !== token) return 'lost';",
        to: '',
      },
    ],
    finding: /stale|state|order/,
    faults: ['slow', 'pause'],
    seeds: [15, 100],
  },
  holdUnstored: {
    what: 'an answer is not given before its state is stored',
    changes: [
      {
        file: 'src/session/persistence.ts',
        from: 'while (this.#claim !== undefined && !this.isLost',
        to: 'while (this === undefined && !this.isLost',
      },
    ],
    finding: /state/,
    faults: ['down', 'cut', 'failover'],
    seeds: [1, 100],
  },
  wholeHold: {
    what: 'an answer waits for the write that has its state, also where that is another one',
    changes: [
      {
        file: 'src/session/persistence.ts',
        from: 'await (this.#isDirty ? this.store() : this.#storing);',
        to: 'await (this.#isDirty ? this.store() : null);',
      },
    ],
    finding: /state/,
    faults: ['down'],
    seeds: [1, 100],
  },
  neverResendAcked: {
    what: 'what was accepted is begun by nobody else',
    changes: [
      {
        file: 'src/cluster/remoteExchange.ts',
        from: 'if (this.#relay.isOpen || !this.#isSure) return this.#giveUp();',
        to: 'if (this.#relay.isOpen) return this.#giveUp();',
      },
    ],
    finding: /twice/,
    faults: ['kill', 'pause'],
    seeds: [15, 100],
  },
  orderedRecovery: {
    what: 'a node serves when all that it owns is asserted',
    changes: [
      {
        file: 'src/cluster/node.ts',
        from: "return this.#recovery === null && this.#step.snapshot.hasTag('serving') && this.#isReachable;",
        to: 'return this.#isReachable;',
      },
    ],
    finding: /order|state|lost/,
    faults: ['pause', 'cut', 'failover'],
    seeds: [10, 100],
  },
  assertedWrites: {
    what: 'nothing is written by a claim that the engine was not told of',
    changes: [
      {
        file: 'src/cluster/sharedStore.ts',
        from: 'await Promise.all(parts.map(({ claim }) => this.#host.whenOwn(claim)));',
        to: '',
      },
    ],
    finding: /state/,
    faults: ['failover'],
    seeds: [1, 100],
  },
  echo: {
    what: 'a node knows the frames that it sends to itself',
    changes: [
      {
        file: 'src/cluster/frameShapes.ts',
        from: 'ping: { n: isWhole },',
        to: 'ping: { n: isCount },',
      },
    ],
    finding: /refused malformed/,
    faults: ['pause'],
    seeds: [1, 20],
  },
  tombstones: {
    what: 'what has ended elsewhere is not asserted',
    changes: [
      {
        file: 'src/cluster/sharedStore.ts',
        from: 'tombstone: reason && seal.tombstone(print, { reason, principal })',
        to: 'tombstone: undefined',
      },
    ],
    finding: /over|order/,
    faults: ['pause'],
    seeds: [20, 100],
  },
  releaseKnowsRevision: {
    what: 'a release is refused where the engine has less than the owner wrote',
    changes: [
      {
        file: ENGINE,
        from: "if (session.revision < revision) return 'behind';",
        to: '',
      },
    ],
    finding: /state/,
    faults: ['failover', 'drain'],
    seeds: [27, 1],
  },
  claimBumps: {
    what: 'every claim makes a new token, also one by the owner',
    changes: [
      {
        file: ENGINE,
        from: 'session.token = Math.max(session.token + 1, now, floor);',
        to: 'if (session.owner !== by) session.token = Math.max(session.token + 1, now, floor);',
      },
    ],
    finding: /state|order|twice|lost/,
    faults: ['connections', 'slow'],
    seeds: [1, 100],
  },
  unsureElsewhere: {
    what: 'a call is not given to another where its ack may have been lost',
    changes: [
      {
        file: 'src/cluster/remoteExchange.ts',
        from: "if (this.#isUnknown) return this.#fail('session-moved');\n      if (!hasHeard) return this.#pause(this.#node.beatMs);",
        to: 'void hasHeard;',
      },
    ],
    finding: /twice/,
    faults: ['deaf'],
    seeds: [1, 100],
  },
  shortLook: {
    what: 'a look at whether a node is live starts no wait that nobody has',
    changes: [
      {
        file: 'src/directory/directory.ts',
        from: 'if (this.#isHeldUp(id)) return undefined;',
        to: 'if (this.heldUp(id) !== undefined) return undefined;',
      },
    ],
    finding: /escaped/,
    faults: ['drain'],
    seeds: [1, 100],
  },
  drainAlone: {
    what: 'a draining process that can not ask the engine says so',
    changes: [
      {
        file: 'src/directory/absences.ts',
        from: `      // The others can not be asked.
      return UNAVAILABLE;`,
        to: "throw new Error('unavailable');",
      },
    ],
    finding: /endpoint\.failed/,
    faults: ['drain', 'cut'],
    seeds: [1, 100],
  },
};
