import { isGone } from '../life.ts';
import { payloadsIn } from '../payload.ts';
import type { World } from '../world.ts';
import type { Outcome, Round, StatelessCall, Token } from './call.ts';
import type { Reply } from './outcome.ts';
import { STATELESS_LIMITS } from './setting.ts';
import type { Stateless } from './stateless.ts';

/** What a handler said: at most one of those who brought a token back can have that. */
const CLAIMED: ReadonlySet<Outcome | undefined> = new Set(['answer', 'asked', 'task', 'error']);

/** What the keys of answers take, and answers that nobody asked for. */
const KEYS_BYTES = 100;

interface Sent {
  readonly what: string;
  /** The process the request was sent to, and when. */
  readonly number: number;
  readonly at: number;
}

/** What clients hear of their calls, held against what may become of these. */
export class Rounds {
  readonly #world: World;
  readonly #stateless: Stateless;

  constructor(world: World, stateless: Stateless) {
    this.#world = world;
    this.#stateless = stateless;
  }

  /** Who is refused is refused for a reason. */
  mayAnswer({ status, code }: Reply, { what, number, at }: Sent): void {
    const { ledger, process, disk, setting } = this.#world;
    if (number !== process.number) return;
    const isTroubled = disk?.wasTroubled(at) === true || process.user.faults > 0;
    const isFine =
      status === 200 ||
      (code === 'draining' && process.draining !== undefined) ||
      (code === 'at-capacity' && (setting.maxSessions < 100 || what.startsWith('listen'))) ||
      (code === 'quota-reached' && setting.maxSessions < 100) ||
      (code === 'store-unavailable' && isTroubled) ||
      (code === 'internal-error' && process.user.faults > 0) ||
      code === 'capability-missing';
    ledger.check(isFine, () => `${what} got ${status} ${code}`);
  }

  /** A request of a call is answered. @param isOther it was not the call that its token is of */
  heard(call: StatelessCall, round: Round, reply: Reply, isOther: boolean): void {
    const { ledger } = this.#world;
    const { token, outcome, user } = round;
    const name = `${call.kind} ${call.nonce} of ${call.user}`;
    if (user !== call.user || isOther) {
      const isRefused = outcome === 'invalid' || outcome === 'refused';
      return ledger.check(isRefused, () => `${name}: ${user} got ${outcome} for a stolen token`);
    }
    if (token !== undefined) this.#claimed(call, token, name);
    if (token !== undefined) this.#isThere(call, round, token, name);
    if (outcome === 'asked') this.#asked(call, round, reply);
    if (outcome === 'task') this.#stateless.tasks.hears(String(reply.result?.['taskId']));
    if (outcome === 'answer') this.#answered(call, reply, name);
    if (outcome === 'gone') this.#gone(call, name);
  }

  /** A token is claimed once; in another process each claim may run the handler again. */
  #claimed(call: StatelessCall, { process, rounds }: Token, name: string): void {
    const claims = rounds.filter((each) => {
      const isOwn = each.process === process && each.user === call.user;
      return isOwn && CLAIMED.has(each.outcome);
    });
    this.#world.ledger.check(claims.length <= 1, () => `${name}: a token was claimed twice`);
  }

  /** Whoever comes back alone, and in time, finds the call. */
  #isThere(call: StatelessCall, round: Round, token: Token, name: string): void {
    const { ledger, process, now } = this.#world;
    const { outcome } = round;
    if (outcome !== 'invalid' && outcome !== 'lost') return;
    const isOnly = token.rounds.length === 1 && call.tokens.at(-1) === token;
    if (!isOnly || token.process !== process.number || round.process !== token.process) return;
    const { life, epoch } = token;
    const isOver = life === undefined || isGone(life) || life.epoch !== epoch;
    const isLate = now - token.at >= STATELESS_LIMITS.parkMs;
    const isFine = isOver || isLate || process.draining !== undefined || process.user.faults > 0;
    ledger.check(isFine || process.isEnding(life.id), () => `${name} waits, and is ${outcome}`);
  }

  #asked(call: StatelessCall, { token, answers, keptBytes }: Round, { result }: Reply): void {
    const { process, now } = this.#world;
    const { requestState, inputRequests } = result as {
      readonly requestState: string;
      readonly inputRequests: Token['questions'];
    };
    const id = this.#stateless.homes.idOf(call.home);
    const life = id === undefined ? undefined : this.#world.lives.get(id);
    // What is still open is asked again, and what was answered waits for that.
    const before = token?.questions ?? {};
    const isPart = Object.keys(inputRequests).every((key) => key in before && !(key in answers));
    const bytes = Math.max(JSON.stringify(answers).length - KEYS_BYTES, 0);
    call.keptBytes = isPart ? keptBytes + bytes : 0;
    call.tokens.push({
      text: requestState,
      process: process.number,
      at: this.#stateless.askedAt.get(requestState) ?? now,
      questions: inputRequests,
      life,
      epoch: life?.epoch ?? 0,
      rounds: [],
    });
  }

  /** What an answer shows of a state has all that was there when its request was sent. */
  #answered(call: StatelessCall, { text }: Reply, name: string): void {
    const { ledger } = this.#world;
    const answers = call.rounds.filter(({ outcome, user }) => {
      return outcome === 'answer' && user === call.user;
    });
    const mayRepeat = this.#stateless.setting.onLostCall === 'rerun';
    ledger.check(answers.length <= 1 || mayRepeat, () => `${name} was answered twice`);
    for (const { sid, tokens } of payloadsIn(text)) {
      const life = this.#stateless.homes.lifeOf(sid);
      if (life === undefined || tokens === undefined) continue;
      for (const each of tokens) {
        ledger.check(life.sent.has(each), () => `${name} has a foreign ${each}`);
        if (!life.isLoose) life.acked.add(each);
      }
      for (const each of call.known) {
        const isKept = life !== call.life || tokens.includes(each) || life.isLoose;
        ledger.check(isKept, () => `${name} lost ${each}`);
      }
    }
  }

  /** The session that a call named is gone. */
  #gone(call: StatelessCall, name: string): void {
    const { ledger, process, disk } = this.#world;
    const { life } = call;
    if (life === undefined || life.acked.size === 0) return;
    // What sleeps in memory ends with its process.
    if (process.draining !== undefined && disk === undefined) return;
    const isFine = isGone(life) || process.user.faults > 0 || process.isEnding(life.id);
    ledger.check(isFine, () => `the session of ${name} is gone`);
  }
}
