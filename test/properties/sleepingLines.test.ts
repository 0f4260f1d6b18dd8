import * as fc from 'fast-check';
import { createRuntime, type Runtime } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import { endpointOf } from '../../src/http/endpointOf.ts';
import { openChannel } from '../../src/adapters/channel.ts';
import { DurableMemory } from '../support/durableMemory.ts';
import { turn } from '../support/eventually.ts';
import { seeded } from '../support/seeded.ts';
import { Ledger } from '../support/sleepHistory/ledger.ts';
import { type Life, newLife } from '../support/sleepHistory/life.ts';
import { Line } from '../support/sleepHistory/line.ts';
import { PROCESS_LIMITS } from '../support/sleepHistory/process.ts';
import { type Basket, Incarnation } from '../support/sleepHistory/servers.ts';
import { VirtualClock } from '../support/virtualClock.ts';

const DEEDS = [
  ...([
    'open',
    'open',
    'open',
    'echo',
    'echo',
    'echo',
    'add',
    'add',
    'read',
    'hold',
    'hold',
  ] as const),
  ...(['answer', 'answer', 'note', 'cancel', 'boom', 'say', 'ask', 'respond', 'ping'] as const),
  ...(['left', 'finish', 'evict', 'wake', 'elapse', 'elapse', 'elapse', 'elapse'] as const),
] as const;

interface Step {
  readonly deed: (typeof DEEDS)[number];
  readonly who: number;
  readonly which: number;
  readonly pauses: boolean;
}

const TIMES = [20, 1100, 5200, 6500, 30_000, 70_000, 200_000];

const steps = fc.array(
  fc.record<Step>({
    deed: fc.constantFrom(...DEEDS),
    who: fc.nat(4),
    which: fc.nat(6),
    pauses: fc.boolean(),
  }),
  { minLength: 5, maxLength: 60, size: 'max' },
);

const settings = fc.record({
  maxSessions: fc.constantFrom(100, 2, 1),
  isDurable: fc.boolean(),
  ending: fc.constantFrom('close' as const, 'drain' as const, 'leave' as const),
});

type Setting = typeof settings extends fc.Arbitrary<infer S> ? S : never;

/** A runtime whose clients have lines of their own. */
class Exchange {
  readonly ledger = new Ledger();
  readonly clock = new VirtualClock();
  readonly store: DurableMemory | undefined;
  readonly lines: Line[] = [];
  readonly lives = new Map<string, Life>();
  readonly incarnations: Incarnation[] = [];
  readonly runtime: Runtime<Basket>;
  readonly #refusals: readonly string[];

  constructor({ maxSessions, isDurable }: Setting) {
    const full = maxSessions < 100 ? ['at-capacity'] : [];
    this.#refusals = ['session-crashed', 'session-ended', 'session-not-found', ...full];
    this.store = isDurable ? new DurableMemory() : undefined;
    this.runtime = createRuntime<Basket>({
      ...PROCESS_LIMITS,
      clock: this.clock,
      maxSessions,
      onCrash: 'restart',
      state: () => ({ tokens: [] }),
      ...(this.store && { store: this.store }),
      server: (session) => {
        const { id, key } = session;
        const life = this.lives.get(id) ?? newLife(id, undefined, key);
        life.isConfirmed = true;
        this.lives.set(id, life);
        const made = new Incarnation(session, life, this.ledger, turn);
        this.ledger.check(
          this.incarnations.every((each) => each.life !== life || each.server.closes === 1),
          () => `${id} has two servers`,
        );
        this.incarnations.push(made);
        return made.server;
      },
    });
    this.runtime.on('session.ended', ({ session, reason }) => {
      const line = this.lines.find((each) => each.life?.key === session);
      const isExpected = reason !== 'expired' && reason !== 'handshake-timeout';
      this.ledger.check(isExpected, () => `a line ended: ${reason}, ${line?.endedBy}`);
    });
  }

  async open(): Promise<void> {
    const line = new Line(this.ledger, this.#refusals);
    const head = { method: '', headers: {} };
    const channel = openChannel(endpointOf(this.runtime), { head, authInfo: undefined }, line);
    if (typeof channel === 'string') return;
    line.channel = channel;
    this.lines.push(line);
    const params = { protocolVersion: '2025-11-25' };
    line.say({ id: 'init', method: 'initialize', params });
    for (let i = 0; i < 4; i++) await turn();
    line.life = this.lives.get(channel.session?.id ?? '');
    line.say({ method: 'notifications/initialized' });
  }

  async step({ deed, who, which, pauses }: Step): Promise<void> {
    const open = this.lines.filter(({ isOpen }) => isOpen);
    const line = open[who % open.length];
    if (deed === 'open') await this.open();
    else if (deed === 'elapse') await this.clock.elapse(TIMES[which]!);
    else if (deed === 'answer') {
      const held = this.incarnations.flatMap((each) =>
        each.held.map((one) => (): void => each.answer(one)),
      );
      held[which % held.length]?.();
    } else if (line !== undefined) this.#do(deed, line, which);
    if (pauses) for (let i = 0; i < 4; i++) await turn();
    this.audit();
  }

  #do(deed: Exclude<Step['deed'], 'open' | 'elapse' | 'answer'>, line: Line, which: number): void {
    const { life, channel } = line;
    const incarnation = this.incarnations.findLast((each) => each.life === life);
    const isThere = incarnation?.server.closes === 0;
    switch (deed) {
      case 'note':
        return line.say({ method: 'notifications/roots/list_changed' });
      case 'ping':
        return line.say({ id: `ping ${this.ledger.token()}`, method: 'ping' });
      case 'cancel': {
        const asked = [...line.asked.values()].filter(
          (each) => each.answers === 0 && !each.isCancelled,
        );
        const one = asked[which % asked.length];
        if (one === undefined) return;
        line.say({ method: 'notifications/cancelled', params: { requestId: one.id } });
        // One that ends hears no more, and cuts what is left.
        one.isCancelled = channel?.session?.snapshot.hasTag('ending') !== true;
        return;
      }
      case 'say':
        return isThere ? incarnation.say(this.ledger.token()) : undefined;
      case 'ask':
        return isThere ? incarnation.ask(this.ledger.token()) : undefined;
      case 'respond': {
        const question = [...(life?.questions ?? [])][which];
        if (question !== undefined) line.say({ id: question[0], result: { q: question[1] } });
        return;
      }
      case 'left':
        return line.leave();
      case 'finish':
        return channel?.finish('terminated');
      case 'evict':
        void this.runtime.evict(life?.id ?? '');
        return;
      case 'wake':
        void this.runtime.wake(life?.id ?? '');
        return;
      case 'echo':
      case 'add':
      case 'read':
      case 'hold':
      case 'boom':
        return line.ask(deed);
      default:
        deed satisfies never;
    }
  }

  audit(): void {
    const { sessions, handshakes, silentConnections: silent, streams } = this.runtime.stats();
    for (const [name, count] of Object.entries({ ...sessions, handshakes, silent, streams })) {
      this.ledger.check(count >= 0, () => `${count} ${name}`);
    }
    // A line that is open has its session, asleep or not.
    const here = new Set(this.runtime.residents().map(({ id }) => id));
    for (const { isOpen, life } of this.lines) {
      const isThere = !isOpen || life === undefined || here.has(life.id);
      this.ledger.check(isThere, () => `${life?.id} is lost, and its line is open`);
    }
  }

  async finish(ending: Setting['ending']): Promise<void> {
    await this.clock.elapse(200_000);
    // All asleep but those at work; what they are asked wakes them, or is refused.
    for (const line of this.lines) if (line.isOpen) line.ask('read');
    await this.clock.elapse(2000);
    if (ending === 'leave') for (const line of this.lines) if (line.isOpen) line.leave();
    await this.clock.elapse(5000);
    if (ending === 'leave') {
      this.ledger.check(this.runtime.stats().sessions.total === 0, () => 'sessions without a line');
    }
    const drained = ending === 'drain' ? this.runtime.drain({ deadlineMs: 1000 }) : DONE;
    await this.clock.elapse(2000);
    await drained;
    const closed = this.runtime.close();
    await this.clock.elapse(5000);
    await closed;
    for (const line of this.lines) {
      this.ledger.check(!line.isOpen, () => `the line of ${line.life?.id} is open for ever`);
      const isOwed = !line.hasLeft && !line.isIdle;
      this.ledger.check(!isOwed, () => `${line.life?.id} was not told of all it asked`);
    }
    const { sessions, handshakes, silentConnections, streams, inFlight, spawned, evicted } =
      this.runtime.stats();
    const ways = [handshakes, silentConnections, streams];
    const left = [sessions.total, ...ways, inFlight, this.clock.pending];
    this.ledger.check(left.join() === '0,0,0,0,0,0', () => `left: ${left.join()}`);
    const ended = Object.values(evicted).reduce((sum, count) => sum + count, 0);
    this.ledger.check(ended === spawned, () => `${spawned} spawned, ${ended} ended`);
    const stored = (await this.store?.count()) ?? 0;
    this.ledger.check(stored === 0, () => `${stored} lines in the store`);
  }
}

const DONE = Promise.resolve();

describe('sessions on lines of their own', () => {
  it('sleep and wake in place, whatever is said, asked and left', async () => {
    const property = fc.asyncProperty(settings, steps, async (setting, all) => {
      const exchange = new Exchange(setting);
      const { broken } = exchange.ledger;
      for (const step of all) {
        await exchange.step(step);
        expect(broken).toEqual([]);
      }
      await exchange.finish(setting.ending);
      expect(broken).toEqual([]);
    });
    await seeded(property, 150);
  }, 60_000);
});
