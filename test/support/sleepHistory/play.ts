import { Clients } from './client.ts';
import { type Setting, type Step, TIMES } from './history.ts';
import { Ledger } from './ledger.ts';
import type { Life } from './life.ts';
import { type Home, Machine } from './machine.ts';
import type { Incarnation } from './servers.ts';
import { turn } from '../eventually.ts';

/** What an update of a session may be refused with that sleeps, ends, or is handed over. */
const EXPECTED = new Set(['session-over', 'not-admitted', 'record-corrupt']);

const USERS = ['ann', 'ann', 'bob', undefined] as const;
/** Steps that a drain is given to happen in. */
const DRAIN_STEPS = 3;

function pick<T>(from: readonly T[], which: number): T | undefined {
  return from[which % from.length];
}

/** Lets one history happen. @returns what did not hold, and how much happened */
export async function play(
  setting: Setting,
  steps: readonly Step[],
  home: Home | undefined,
): Promise<{ broken: readonly string[]; machine: Machine }> {
  const player = new Player(setting, home);
  const { machine } = player;
  machine.start();
  for (const [i, step] of steps.entries()) {
    await player.step(step);
    if (machine.ledger.broken.length === 0) continue;
    machine.ledger.broken.push(`after step ${i}, ${step.deed}`);
    break;
  }
  if (machine.ledger.broken.length === 0) await player.finish();
  return { broken: machine.ledger.broken, machine };
}

class Player {
  readonly machine: Machine;
  readonly #clients: Clients;
  #drains = 0;

  constructor(setting: Setting, home: Home | undefined) {
    this.machine = new Machine(setting, new Ledger(), home);
    this.#clients = new Clients(this.machine);
  }

  async step({ deed, who, which, then }: Step): Promise<void> {
    const { machine } = this;
    if (machine.process.draining !== undefined && ++this.#drains > DRAIN_STEPS) {
      await this.#close();
      machine.start();
    }
    const life = pick(this.#clients.known, who);
    await this.#do(deed, life, which);
    if (then === 'a turn') await turn();
    else if (then === 'all') await machine.settle();
    this.#clients.review();
    machine.process.audit();
    if (then === 'all' && machine.isCalm && machine.process.draining === undefined) {
      await machine.process.tally();
    }
  }

  async #do(deed: Step['deed'], life: Life | undefined, which: number): Promise<void> {
    const { machine } = this;
    const clients = this.#clients;
    switch (deed) {
      case 'open':
      case 'open half':
        return clients.open(pick(USERS, which), deed === 'open');
      case 'elapse':
        return machine.elapse(pick(TIMES, which)!);
      case 'kill':
        clients.review();
        clients.abandon();
        return machine.kill();
      case 'drain':
        this.#drains = 0;
        machine.process.draining ??= machine.process.runtime.drain({ deadlineMs: 1000 });
        return;
      case 'faults': {
        const p = pick([0.1, 0.3, 1], which)!;
        const storm = which % 2 === 0 ? { failing: p, torn: 0.1 } : { torn: p };
        const isHanging = which === 9;
        machine.weathers({ slow: 0.7, reordered: 0.3, ...(which < 7 && storm) }, isHanging);
        return;
      }
      case 'heal':
        return machine.weathers(which % 2 === 0 ? {} : { slow: 0.5, reordered: 0.5 }, false);
      case 'answer': {
        const all = machine.process.incarnations.flatMap((incarnation) =>
          incarnation.held.map((held) => ({ incarnation, held })),
        );
        const one = pick(all, which);
        return one?.incarnation.answer(one.held);
      }
      default:
        if (life !== undefined) await this.#doTo(deed, life, which);
    }
  }

  #incarnation(life: Life): Incarnation | undefined {
    const last = this.machine.process.incarnations.findLast((each) => each.life === life);
    return last?.server.closes === 0 ? last : undefined;
  }

  async #doTo(deed: Step['deed'], life: Life, which: number): Promise<void> {
    const { machine } = this;
    const clients = this.#clients;
    const { process, ledger } = machine;
    const open = life.calls.filter(({ isSettled, isKilled }) => !isSettled && !isKilled);
    switch (deed) {
      case 'confirm':
        return clients.confirm(life);
      case 'note':
        return clients.note(life, 'notifications/roots/list_changed');
      case 'ping':
        return clients.ping(life);
      case 'twice':
        if (open.length > 0) clients.call(life, 'echo', pick(open, which)!.id);
        return;
      case 'cancel': {
        const call = pick(open, which);
        if (call === undefined) return;
        call.isCancelled = true;
        return clients.note(life, 'notifications/cancelled', { requestId: call.id });
      }
      case 'say': {
        const n = ledger.token();
        const incarnation = this.#incarnation(life);
        const isRead = clients.streamOf(life) !== undefined;
        if (incarnation === undefined || !life.isConfirmed) return;
        incarnation.say(n);
        if (isRead) life.words.add(n);
        return;
      }
      case 'tell':
        process.handles.get(life.id)?.notify('notifications/message', { n: ledger.token() });
        return;
      case 'update':
        return this.#update(life);
      case 'ask':
        return this.#incarnation(life)?.ask(ledger.token());
      case 'ask related': {
        const incarnation = this.#incarnation(life);
        return incarnation?.ask(ledger.token(), pick(incarnation.held, which));
      }
      case 'respond': {
        const question = pick([...life.questions], which);
        if (question !== undefined) clients.respond(life, ...question);
        return;
      }
      case 'attach':
        return clients.attach(life);
      case 'leave':
        life.words.clear();
        life.lastUse = clients.streamOf(life) === undefined ? life.lastUse : machine.now;
        for (const stream of life.streams) stream.leave();
        return;
      case 'resume': {
        const last = life.streams.findLast(({ lastId }) => lastId !== undefined)?.lastId;
        if (last === undefined) return;
        // A client that resumes has left the stream before.
        for (const stream of life.streams) stream.leave();
        return clients.attach(life, last);
      }
      case 'cut': {
        const call = pick(open, which);
        for (const part of call?.parts ?? []) part.leave();
        return;
      }
      case 'resume call': {
        const left = life.calls.filter(({ parts }) => parts.every(({ isOver }) => isOver));
        const call = pick(left, which);
        if (call !== undefined) clients.resumeCall(life, call);
        return;
      }
      case 'delete':
        return clients.delete(life);
      case 'close by hand':
        if (process.handles.has(life.id)) life.causes.add('deleted');
        return process.handles.get(life.id)?.close();
      case 'evict':
        life.causes.add('evicted');
        return this.#evict(life);
      case 'evict principal':
        if (life.user === undefined) return;
        for (const each of machine.lives.values()) {
          if (each.user === life.user) each.causes.add('evicted');
        }
        process.runtime.evictPrincipal(life.user).catch((error: unknown) => this.#mayFail(error));
        return;
      case 'wake':
        process.runtime.wake(life.id).catch((error: unknown) => this.#mayFail(error));
        return;
      case 'burst':
        this.#incarnation(life)?.burst();
        return;
      case 'damage':
        if (machine.faulty === undefined) return;
        machine.faulty.damage(life.id);
        life.isDamaged = true;
        return;
      case 'echo':
      case 'add':
      case 'add slowly':
      case 'read':
      case 'hold':
      case 'talk':
      case 'own':
      case 'level':
      case 'boom':
        clients.call(life, deed);
        return;
      default:
        throw new Error(deed);
    }
  }

  #mayFail(error: unknown): void {
    // Whoever is ended with all of a principal, or looked for, may be damaged.
    if ((error as { code?: string }).code === 'record-corrupt') return;
    const { ledger, isCalm, process } = this.machine;
    ledger.check(
      !isCalm || process.isDead || process.draining !== undefined,
      () => `an operator met ${String(error)}`,
    );
  }

  #update(life: Life): void {
    const { machine } = this;
    const { process, ledger } = machine;
    const token = ledger.token();
    const handle = process.handles.get(life.id);
    if (handle === undefined) return;
    life.sent.add(token);
    handle
      .update(({ tokens }) => ({ tokens: [...tokens, token] }))
      .then(
        ({ tokens }) => {
          if (process.isDead || life.end !== undefined) return;
          if (/^(closing|evicted)/.test(life.path)) return;
          this.#clients.holds(life, tokens, [], `an update of ${life.id}`);
          life.acked.set(token, machine.now);
        },
        (error: unknown) => {
          ledger.check(
            EXPECTED.has((error as { code?: string }).code ?? '') || !machine.isCalm,
            () => String(error),
          );
        },
      );
  }

  #evict(life: Life): void {
    const { machine } = this;
    const { process } = machine;
    process.runtime.evict(life.id).then(
      (wasThere) => {
        if (process.isDead) return;
        if (wasThere) life.end = 'surely';
        else {
          const isEnding = /^(closing|evicted)/.test(life.path);
          machine.ledger.check(
            life.end !== undefined || isEnding || life.isDamaged || process.draining !== undefined,
            () => `${life.id} (${life.path}) was not there to be evicted`,
          );
        }
      },
      (error: unknown) => this.#mayFail(error),
    );
  }

  /** The process ends in order. */
  async #close(): Promise<void> {
    const { machine } = this;
    const { process } = machine;
    const { weather, isCalm } = machine;
    let isClosed = false;
    if (process.draining === undefined) process.draining = process.runtime.close();
    const closed = process.draining
      .then(() => process.runtime.close())
      .then(() => (isClosed = true));
    for (let i = 0; i < 60 && !isClosed; i++) await machine.elapse(500);
    machine.ledger.check(isClosed, () => 'close() never finishes');
    if (!isClosed) return;
    await closed;
    // Naps of the test's own, and whatever waited for them.
    await machine.elapse(6000);
    process.isClosed = true;
    this.#clients.conclude();
    process.auditClosed();
    machine.ended(isCalm && machine.weather === weather);
    process.freeze();
  }

  async finish(): Promise<void> {
    const { machine } = this;
    const { ledger, setting } = machine;
    const clients = this.#clients;
    if (machine.process.draining !== undefined) {
      await this.#close();
      machine.start();
    }
    machine.weathers({}, false);
    await machine.elapse(4000);
    clients.review();
    // Those that are there go on with their state.
    for (const life of clients.known) {
      if (life.end !== undefined || life.isDamaged) continue;
      clients.call(life, 'read');
      await machine.settle();
    }
    await machine.elapse(1500);
    clients.review();
    machine.process.audit();
    await machine.process.tally();
    if (setting.ending === 'expire') await this.#expire();
    if (setting.ending === 'drain')
      machine.process.draining = machine.process.runtime.drain({ deadlineMs: 1000 });
    await this.#close();
    for (const life of clients.known) {
      ledger.check(
        life.end !== undefined || setting.ending !== 'expire',
        () => `${life.id} is immortal`,
      );
    }
    if (!machine.isDurable) return;
    // What is left is there for the next process, and nothing else.
    machine.start();
    await machine.settle();
    await machine.process.tally();
    for (const life of clients.known) clients.call(life, 'read');
    await machine.elapse(100);
    await machine.elapse(2000);
    clients.review();
    await this.#close();
  }

  /** Everybody leaves; nobody comes. */
  async #expire(): Promise<void> {
    const { machine } = this;
    for (const life of this.#clients.known) {
      if (this.#clients.streamOf(life) !== undefined) life.lastUse = machine.now;
      for (const stream of life.streams) stream.leave();
      life.words.clear();
    }
    for (const incarnation of machine.process.incarnations) {
      for (const held of [...incarnation.held]) incarnation.answer(held);
    }
    await machine.settle();
    // Questions of a server wait for their answers as long as they live.
    for (const life of this.#clients.known) {
      for (const question of life.questions) this.#clients.respond(life, ...question);
    }
    await machine.settle();
    await machine.elapse(200_000);
    this.#clients.review();
    const { total } = machine.process.runtime.stats().sessions;
    machine.ledger.check(total === 0, () => `${total} sessions live for ever`);
    if (machine.faulty === undefined) return;
    const left = await machine.faulty.count();
    machine.ledger.check(left === 0, () => `${left} records live for ever`);
  }
}
