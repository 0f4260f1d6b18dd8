import { sessionModel, type SessionState, type SessionStimulus } from 'mcp-actors/testing';
import { initialTransition, transition } from 'xstate';
import {
  arrivalOf,
  END_REASONS,
  type EndReason,
  type SessionEvent,
  type sessionMachine,
  type SessionSnapshot,
} from '../../machines/index.ts';
import { EVENTS, nameOf, stateOf } from '../support/sessionStates.ts';

type Machine = typeof sessionMachine;

/** Where a machine stands, whether a clock of its state runs, and what its client takes it to be. */
interface Pair {
  readonly snapshot: SessionSnapshot;
  readonly isArmed: boolean;
  readonly state: SessionState;
}
type Standing = Omit<Pair, 'state'>;

const among = (...states: SessionState[]): ReadonlySet<SessionState> => new Set(states);
const OPENED = among('opened', 'opened.listening');
const AT_WORK = among('calling', 'asked', 'listening.calling', 'listening.asked');
const OVER = among('deleted', 'evicted');
const isListening = (state: SessionState): boolean => state.includes('listening');
/** Kept by nothing. */
const isLoose = (state: SessionState): boolean => ['opened', 'ready', 'resting'].includes(state);

/** The simulation relation: what a client may take a machine to be. */
function fits({ snapshot, state }: Pair): boolean {
  const path = stateOf(snapshot);
  const isUnanswered = path === 'initializing.building' || path === 'initializing.handshaking';
  const isEnding = snapshot.hasTag('ending');
  if (isEnding !== (arrivalOf(snapshot) === 'refuse')) return false;
  // A handshake that fails leaves its client without a session.
  if (state === 'none') return isUnanswered || isEnding;
  if (OVER.has(state)) return isEnding;
  if (isUnanswered || isEnding || !snapshot.hasTag('accepting')) return false;
  const { attached, confirmed } = snapshot.context;
  if (attached !== isListening(state) || confirmed === OPENED.has(state)) return false;
  // Work in flight pins a session: it is never idle.
  return !AT_WORK.has(state) || !path.startsWith('idle');
}

const USE: readonly SessionStimulus[] = [
  'call',
  'call.pair',
  'call.begin',
  'question.raise',
  'notice',
];
/** What the door tells the machine of an event of the model; nothing of one that is not here. */
const TOLD: Readonly<Partial<Record<SessionStimulus, readonly SessionEvent[]>>> = {
  initialize: [{ type: 'session.built' }, { type: 'handshake.answered' }],
  'initialize.claimed': [{ type: 'session.built' }, { type: 'handshake.answered' }],
  initialized: [{ type: 'handshake.confirmed' }],
  'stream.open': [{ type: 'stream.attached' }],
  'stream.close': [{ type: 'stream.detached' }],
  'session.delete': [{ type: 'session.close', reason: 'terminated' }],
};

/** What the mailbox, the door and the host tell the machine when an event of the model is caused. */
function told(
  event: SessionStimulus,
  { snapshot }: Pair,
  reasons: readonly EndReason[],
): readonly (readonly SessionEvent[])[] {
  if (event === 'session.evict') {
    const crashed: SessionEvent = { type: 'session.crashed', restart: false };
    return [[crashed], ...reasons.map((reason) => [{ type: 'session.close', reason } as const])];
  }
  if (USE.includes(event) && arrivalOf(snapshot) === 'activate')
    return [[{ type: 'message.arrived' }]];
  return [TOLD[event] ?? []];
}

const SHOWN: Readonly<Partial<Record<SessionEvent['type'], readonly SessionStimulus[]>>> = {
  'handshake.answered': ['initialize'],
  'stream.detached': ['stream.close'],
  'session.crashed': ['session.evict'],
};

/** What an event that no client causes may look like to it, beside nothing. */
function shownAs({ snapshot, state }: Pair, { type }: SessionEvent): readonly SessionStimulus[] {
  if (type !== 'deadline.passed') return SHOWN[type] ?? [];
  const path = stateOf(snapshot);
  // A server that can not be rebuilt, or a client that never confirms, ends the session.
  if (path === 'initializing.waking' || OPENED.has(state)) return ['session.evict'];
  // Where it sleeps, the first clock of an idle session is not its last.
  return path === 'idle.warm' && snapshot.context.sleeps ? ['time.rest'] : ['time.expire'];
}

/** Whether an event can come though the model has no stimulus for it. */
function canCome({ state, snapshot }: Pair, { type }: SessionEvent): boolean {
  // Work in flight is counted, so nobody takes it for quiet.
  if (type === 'session.quiet') return !AT_WORK.has(state);
  // Who holds the handle of a session that is over may still want it closed.
  if (type === 'session.close') return OVER.has(state);
  // And a client may say again what it has said.
  if (type === 'handshake.confirmed') return snapshot.context.confirmed;
  return type !== 'message.arrived' && type !== 'stream.attached';
}

/**
 * What a machine shows that the session model does not let it show, or never shows though the model
 * says it must. Every pair that can be reached is tried with every event.
 */
export class Refinement {
  readonly found = new Set<string>();
  readonly #machine: Machine;
  readonly #reasons: readonly EndReason[];
  readonly #events: readonly SessionEvent[];
  readonly #pairs = new Map<string, Pair>();
  readonly #steps = new Map<string, Standing>();

  /** @param isEnough one violation will do */
  constructor(
    machine: Machine,
    reasons: readonly EndReason[] = END_REASONS,
    isEnough: boolean = false,
  ) {
    this.#machine = machine;
    this.#reasons = reasons;
    this.#events = EVENTS.filter(
      // `session.ready` is told to actors without a client.
      (event) =>
        event.type !== 'session.ready' &&
        (event.type !== 'session.close' || reasons.includes(event.reason)),
    );
    for (const sleeps of [true, false]) {
      const [snapshot] = initialTransition(machine, { sleeps });
      this.#reach({ snapshot, isArmed: true, state: 'none' });
    }
    // A Map goes on with what is set while it is walked.
    for (const pair of this.#pairs.values()) {
      for (const event of this.#events) if (canCome(pair, event)) this.#comes(pair, event);
      for (const { from, event, to } of sessionModel.edges) {
        if (from === pair.state && !event.startsWith('time.')) this.#caused(pair, event, to);
      }
      this.#mustEnd(pair);
      if (isEnough && this.found.size > 0) return;
    }
  }

  get size(): number {
    return this.#pairs.size;
  }

  /** The server does something of its own: its client must be able to take it for something. */
  #comes(pair: Pair, event: SessionEvent): void {
    const after = this.#step(pair, event);
    const labels = shownAs(pair, event);
    const shown = sessionModel.edges.filter(
      (edge) => edge.from === pair.state && labels.includes(edge.event),
    );
    const next = [pair.state, ...shown.map(({ to }) => to)]
      .map((state) => ({ ...after, state }))
      .filter(fits);
    if (next.length === 0) this.#say(pair, `${nameOf(event)} shows ${stateOf(after.snapshot)}`);
    for (const each of next) this.#reach(each);
    if (event.type !== 'session.crashed' || after.snapshot.hasTag('ending')) return;
    if (event.restart && stateOf(after.snapshot) === 'initializing.waking') return;
    this.#say(pair, `${nameOf(event)} leaves a dead server in ${stateOf(after.snapshot)}`);
  }

  /** A client does something: the machine must be where the model says. */
  #caused(pair: Pair, event: SessionStimulus, to: SessionState): void {
    // One that is over is another session's to begin again.
    if (OVER.has(pair.state) || (pair.state === 'none' && pair.snapshot.hasTag('ending'))) return;
    for (const events of told(event, pair, this.#reasons)) {
      const after = { ...this.#run(pair, events), state: to };
      if (!fits(after)) {
        this.#say(pair, `${event} shows ${stateOf(after.snapshot)}`);
        continue;
      }
      this.#reach(after);
      const awake = this.#step(after, { type: 'session.woken' });
      if (AT_WORK.has(to) && arrivalOf(awake.snapshot) !== 'dispatch') {
        this.#say(pair, `${event} is never dispatched`);
      }
    }
  }

  /** What nobody keeps ends by time alone, and what ends is over, with or without its deadline. */
  #mustEnd(pair: Pair): void {
    const { state, snapshot } = pair;
    const path = stateOf(snapshot);
    const isIdle = path === 'idle.warm' && isLoose(state) && !snapshot.context.sleeps;
    const isUnconfirmed = OPENED.has(state) && (path === 'active' || path === 'idle.warm');
    if (isIdle || isUnconfirmed || path.startsWith('initializing')) {
      const late = this.#step(pair, { type: 'deadline.passed' });
      if (!late.snapshot.hasTag('ending')) this.#say(pair, 'outlives its deadline');
    }
    if (state === 'none' || OVER.has(state)) {
      const refused = this.#run(pair, [{ type: 'session.built' }, { type: 'handshake.refused' }]);
      if (!refused.snapshot.hasTag('ending')) this.#say(pair, 'refuses a handshake and stays');
    }
    if (OVER.has(state)) {
      for (const type of ['session.settled', 'deadline.passed'] as const) {
        const end = this.#run(pair, [{ type }, { type: 'session.released' }]);
        if (end.snapshot.status !== 'done') this.#say(pair, `is never over: no ${type} ends it`);
      }
    }
    if (!isLoose(state)) return;
    const slept = [{ type: 'session.slept' }, { type: 'sleep.refused' }] as const;
    for (const sleeping of slept) {
      const late = this.#alone(pair, [
        { type: 'session.woken' },
        ...(OPENED.has(state) ? [] : [{ type: 'session.quiet' } as const]),
        { type: 'deadline.passed' },
        sleeping,
        { type: 'deadline.passed' },
      ]);
      if (late.snapshot.hasTag('ending')) continue;
      this.#say(pair, `never expires: it stays in ${stateOf(late.snapshot)}`);
    }
  }

  #run(from: Standing, events: readonly SessionEvent[]): Standing {
    return events.reduce((standing, event) => this.#step(standing, event), from);
  }

  /** The same where nobody comes: a clock that does not run never fires. */
  #alone(from: Standing, events: readonly SessionEvent[]): Standing {
    return events.reduce<Standing>(
      (standing, event) =>
        event.type !== 'deadline.passed' || standing.isArmed
          ? this.#step(standing, event)
          : standing,
      from,
    );
  }

  #step(from: Standing, event: SessionEvent): Standing {
    const { snapshot, isArmed } = from;
    const name = `${keyOf(from)} ${nameOf(event)}`;
    const known = this.#steps.get(name);
    if (known !== undefined) return known;
    const [next, actions] = transition(this.#machine, snapshot, event);
    const { attached, confirmed, sleeps, reason } = next.context;
    let isNowArmed = isArmed;
    for (const { type } of actions) {
      if (type === 'disarm') isNowArmed = !confirmed;
      // One that is attached has no clock, but for the one after which it sleeps.
      if (type === 'armIdle') isNowArmed = !confirmed || !attached || sleeps;
      if (type === 'armEvict') isNowArmed = !attached;
      if (type === 'rebuild' || type === 'settle') isNowArmed = true;
      if (type === 'confirm' && snapshot.context.confirmed) this.found.add('confirmed twice');
      if (type === 'bury' && snapshot.status === 'done') this.found.add('buried twice');
    }
    if (snapshot.context.reason !== null && reason !== snapshot.context.reason) {
      this.found.add(`${stateOf(snapshot)}: ${nameOf(event)} makes its reason ${reason}`);
    }
    if (snapshot.status === 'done' && next.status !== 'done') {
      this.found.add(`${nameOf(event)} brings it back as ${stateOf(next)}`);
    }
    const step = { snapshot: next, isArmed: isNowArmed };
    this.#steps.set(name, step);
    return step;
  }

  #reach(pair: Pair): void {
    this.#pairs.set(`${keyOf(pair)} ${pair.state}`, pair);
  }

  #say({ snapshot, state }: Pair, what: string): void {
    this.found.add(`${state} as ${stateOf(snapshot)}: ${what}`);
  }
}

function keyOf({ snapshot: { value, context }, isArmed }: Standing): string {
  return JSON.stringify([value, Object.values(context), isArmed]);
}
