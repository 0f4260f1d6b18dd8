import type { Rpc } from '../reply.ts';
import type { Clients, Note, Opening } from './clients.ts';
import { RECOVERY_MS } from './history.ts';
import type { Call, Life } from './life.ts';
import type { Machine } from './machine.ts';
import { PROCESS_LIMITS, type SleepProcess } from './process.ts';

const ERRORS = new Set(['session-crashed', 'session-ended', 'session-restarted', 'session-busy']);

/** What clients must think of what comes back to them. */
export class Review {
  readonly #machine: Machine;
  readonly #clients: Clients;

  constructor(machine: Machine, clients: Clients) {
    this.#machine = machine;
    this.#clients = clients;
  }

  get #lives(): Life[] {
    return [...this.#machine.lives.values()];
  }

  /** Looks at everything that has come since the last time. */
  /** @param isSettled what could happen without time passing has happened */
  all(isSettled = false): void {
    for (const opening of this.#clients.openings.slice()) this.#reviewOpening(opening);
    const { notes } = this.#clients;
    const left = notes.splice(0).filter((note) => !this.#reviewNote(note));
    notes.push(...left);
    for (const { heard, life } of this.#clients.trespasses) {
      const { status = 404 } = heard;
      const { ledger } = this.#machine;
      ledger.check(
        status === 404 || status === 429 || status === 503,
        () => `${life.id} served a stranger: ${status}`,
      );
    }
    for (const life of this.#lives) {
      for (const call of life.calls) if (!call.isSettled) this.#reviewCall(life, call);
      this.#reviewStreams(life);
    }
    if (isSettled) this.#mature();
  }

  #reviewOpening(opening: Opening): void {
    const { heard, isWhole, isCalm } = opening;
    const { status, sessionId } = heard;
    if (heard.isOver) this.#clients.openings.splice(this.#clients.openings.indexOf(opening), 1);
    if (status === undefined || (!heard.isStream && !heard.hasEnded)) return;
    if (heard.isStream && heard.messages.length === 0 && !heard.hasEnded) return;
    this.#clients.openings.splice(this.#clients.openings.indexOf(opening), 1);
    const [message] = heard.messages;
    if (status !== 200 || message?.result === undefined) {
      if (heard.isOver && message === undefined) return;
      const code = String(message?.error?.data?.['code']);
      this.#mayRefuse(status === 200 ? 503 : status, code, 'initialize', isCalm, opening.at);
      return;
    }
    const life = this.#machine.lives.get(sessionId ?? '');
    this.#machine.ledger.check(life !== undefined, () => `no session ${sessionId} was opened`);
    if (life === undefined) return;
    life.isKnown = true;
    this.#used(life, { at: this.#machine.now, process: this.#machine.process.number });
    if (isWhole && !this.#machine.process.isClosed) this.#clients.confirm(life);
  }

  /** @returns whether it is done with */
  #reviewNote(note: Note): boolean {
    const { heard, life, what, end } = note;
    const { ledger } = this.#machine;
    const { status } = heard;
    if (status === undefined) return heard.isOver;
    const isStream = heard.isStream;
    if (!isStream && !heard.hasEnded) return heard.isOver;
    const [message] = isStream ? [] : heard.messages;
    // Its client did not wait for all of it.
    if (heard.isOver && message === undefined && status >= 400) return true;
    if (status >= 400) {
      const code = String(message?.error?.data?.['code']);
      if (code === 'event-unknown') this.#unknown(note);
      if (code === 'event-unknown') return true;
      this.#refused(life, status, code, what, note.isCalm, note.at);
      return true;
    }
    ledger.check(end !== 'surely' && end !== 'here', () => {
      return `${what} of ${life.id}, which has ended, got ${status}`;
    });
    if (life.end === 'perhaps' && what !== 'DELETE') life.end = undefined;
    if (what !== 'ping' && what !== 'GET' && what !== 'a resumption') this.#used(life, note);
    if (what === 'DELETE') {
      ledger.check(status === 204, () => `DELETE of ${life.id} got ${status}`);
      life.end = 'surely';
    }
    return true;
  }

  /** A stream is found again for as long as its events are kept. */
  #unknown({ life, call, at, isCalm }: Note): void {
    const { stormedAt, ledger } = this.#machine;
    if (call === undefined || call.isCancelled || life.end !== undefined) return;
    const isKept = isCalm && stormedAt < call.at && at - call.at < PROCESS_LIMITS.replayMs;
    ledger.check(
      !isKept,
      () => `the stream of ${call.method} ${call.token} of ${life.id} is unknown`,
    );
  }

  #reviewCall(life: Life, call: Call): void {
    const { ledger } = this.#machine;
    const [first] = call.parts;
    const { status } = first!;
    const name = `${call.method} ${call.token} of ${life.id}`;
    if (status === undefined) return;
    if (status >= 400) {
      if (!first!.hasEnded) return;
      call.isSettled = true;
      if (first!.messages.length === 0) return;
      const code = String(first!.messages[0]?.error?.data?.['code']);
      if (code !== 'duplicate-request-id')
        this.#refused(life, status, code, name, call.weather >= 0, call.at);
      return;
    }
    this.#used(life, call);
    if (status === 202) {
      ledger.check(call.isCancelled, () => `${name} got 202`);
      call.isSettled = true;
      return;
    }
    const messages = call.parts.flatMap((part) => (part.status === 200 ? part.messages : []));
    const answers = messages.filter(({ method }) => method === undefined);
    for (const message of messages) if (message.method !== undefined) this.#said(life, message);
    const words = messages.filter(({ params }) => params?.['n'] !== undefined);
    ledger.check(words.length <= 1, () => `${name} was told ${words.length} words`);
    for (const { params } of words) {
      ledger.check(params?.['n'] === call.token, () => `${name} was told ${String(params?.['n'])}`);
    }
    ledger.check(answers.length <= 1, () => `${name} was answered ${answers.length} times`);
    const [answer] = answers;
    if (answer === undefined) return;
    // Looked at again only where more could come.
    if (first!.hasEnded || call.parts.length > 1) {
      call.isSettled = call.parts.every((part) => part.hasEnded || part.isOver);
    }
    ledger.check(call.end !== 'surely' && call.end !== 'here', () => {
      return `${name}, which has ended, was answered`;
    });
    ledger.check(answer.id === call.id, () => `${name} got the answer of ${String(answer.id)}`);
    if (answer.error !== undefined) {
      const code = String(answer.error.data?.['code']);
      ledger.check(ERRORS.has(code), () => `${name} failed: ${code}`);
      const isLost = code === 'session-restarted';
      const mayBe = call.isKilled || this.#machine.drained.has(call.process);
      ledger.check(!isLost || mayBe, () => `${name} was lost by a living process`);
      const isStored = isLost && this.#machine.answered.get(call.token) === 'stored';
      ledger.check(!isStored, () => `${name} was answered, and its answer lost`);
      return;
    }
    this.#answered(life, call, answer, name);
  }

  #answered(life: Life, call: Call, { result }: Rpc, name: string): void {
    const { ledger, now, weather } = this.#machine;
    ledger.check(
      result?.['token'] === call.token && result['sid'] === life.id,
      () => `${name} got the answer of ${String(result?.['sid'])}, ${String(result?.['token'])}`,
    );
    const tokens = result?.['tokens'] as number[];
    this.holds(life, tokens, call.known, name);
    if (call.method === 'level' && call.process === this.#machine.process.number) {
      life.level = Math.max(life.level, call.token);
    }
    if (!call.method.startsWith('add') || life.acked.has(call.token)) return;
    ledger.check(tokens.includes(call.token), () => `${name} is not in its own answer`);
    if (call.process !== this.#machine.process.number) return;
    life.acked.set(call.token, now);
    if (weather === call.weather) life.durable.add(call.token);
  }

  /** A state holds what was acknowledged, once, and nothing else. */
  holds(life: Life, tokens: readonly number[], known: Iterable<number>, name: string): void {
    const { ledger } = this.#machine;
    const has = new Set(tokens);
    ledger.check(has.size === tokens.length, () => `${name}: state has ${tokens.join()}`);
    for (const token of known) {
      // Forgotten meanwhile: its process was killed before it could be stored.
      const isPromised = life.acked.has(token);
      ledger.check(has.has(token) || !isPromised, () => `${name}: state lost ${token}`);
    }
    for (const token of tokens) {
      ledger.check(life.sent.has(token), () => `${name}: state has a foreign ${token}`);
    }
  }

  #reviewStreams(life: Life): void {
    const seen = new Set<number>();
    for (const heard of life.streams) {
      if (heard.status !== 200) continue;
      for (const message of heard.messages) {
        const n = message.params?.['n'];
        if (typeof n === 'number') {
          const { ledger } = this.#machine;
          const isTwice = seen.has(n) && life.told.get(n) !== 'perhaps';
          ledger.check(!isTwice, () => `${life.id} was told ${n} twice`);
          seen.add(n);
          if (!life.told.has(n)) life.told.set(n, this.#machine.isCalm ? 'fresh' : 'perhaps');
        }
        this.#said(life, message);
      }
    }
    for (const n of seen) life.words.delete(n);
  }

  #said(life: Life, { id, method, params }: Rpc): void {
    const q = params?.['q'];
    if (method === 'elicitation/create' && typeof q === 'number' && id != null) {
      const known = life.questions.get(id);
      const { ledger } = this.#machine;
      ledger.check(known === undefined || known === q, () => `${life.id}: question ${id} twice`);
      life.questions.set(id, q);
    }
  }

  #refused(
    life: Life,
    status: number,
    code: string,
    what: string,
    wasCalm: boolean,
    at: number,
  ): void {
    const { ledger } = this.#machine;
    if (status !== 404) {
      this.#mayRefuse(status, code, `${what} of ${life.id}`, wasCalm, at);
      return;
    }
    const isEnding = /^(closing|evicted)/.test(life.path);
    // In memory, those asleep end with a process that drains.
    const isGone = !this.#machine.isDurable && this.#machine.process.draining !== undefined;
    const isLegitimate = life.end !== undefined || life.isDamaged || isEnding || isGone;
    ledger.check(isLegitimate, () => `${what} of ${life.id} (${life.path}) got 404`);
    if (life.end === 'perhaps' || (life.end === undefined && !isEnding && !isGone))
      life.end = 'surely';
  }

  #mayRefuse(status: number, code: string, what: string, wasCalm: boolean, at: number): void {
    const { ledger, isCalm, stormedAt, process, setting } = this.#machine;
    ledger.check(
      status === (code === 'quota-reached' ? 429 : 503),
      () => `${what} got ${status} ${code}`,
    );
    if (code === 'session-ended') {
      ledger.check(what === 'initialize', () => `${what} got 503 ${code}`);
    } else if (code === 'draining') {
      ledger.check(process.draining !== undefined, () => `${what} got 503 ${code}`);
    } else if (code === 'at-capacity' || code === 'quota-reached') {
      ledger.check(setting.maxSessions < 100, () => `${what} got 503 ${code}`);
    } else
      ledger.check(
        code === 'store-unavailable' && !(isCalm && wasCalm && stormedAt < at),
        () => `${what} got 503 ${code}`,
      );
  }

  #used(life: Life, { at, process }: Pick<Note, 'at' | 'process'>): void {
    life.isHeard ||= life.isConfirmed;
    if (at <= life.lastUse) return;
    life.lastUse = at;
    life.lastProcess = process;
  }

  /** An update of whoever holds a session was acknowledged. */
  updated(process: SleepProcess, life: Life, token: number, tokens: readonly number[]): void {
    if (process.isDead || life.end !== undefined || /^(closing|evicted)/.test(life.path)) return;
    this.holds(life, tokens, [], `an update of ${life.id}`);
    life.acked.set(token, this.#machine.now);
  }

  /** What was said on a stream that is read has arrived. */
  words(): void {
    for (const life of this.#lives) {
      if (this.#clients.streamOf(life) === undefined) continue;
      const { ledger } = this.#machine;
      ledger.check(life.words.size === 0, () => `${life.id} never heard ${[...life.words].join()}`);
    }
  }

  /** What has had its time to be stored is stored. */
  #mature(): void {
    const { now, isCalm, faulty, isDurable } = this.#machine;
    if (!isDurable || !isCalm || (faulty?.busy ?? 0) > 0) return;
    const { answered } = this.#machine;
    for (const [token, is] of answered) if (is === 'fresh') answered.set(token, 'stored');
    for (const life of this.#lives) {
      for (const [n, is] of life.told) if (is === 'fresh') life.told.set(n, 'stored');
      for (const [token, at] of life.acked) {
        if (now - at >= RECOVERY_MS) life.durable.add(token);
      }
      if (life.end === 'here' && now - life.endedAt >= RECOVERY_MS) life.end = 'surely';
    }
  }

  /** At the end of a process that has closed: everybody has been told. */
  conclude(): void {
    const { ledger, process } = this.#machine;
    this.all();
    for (const life of this.#lives) {
      for (const call of life.calls) {
        const last = call.parts.at(-1)!;
        const name = `${call.method} ${call.token} of ${life.id}`;
        if (call.isKilled || last.isOver) continue;
        ledger.check(last.hasEnded, () => `${name} waits for ever (${call.parts.length})`);
        if (call.isSettled || call.isCancelled || last.status !== 200) continue;
        if (call.parts.length === 1 && call.process !== process.number) continue;
        const messages = call.parts.flatMap((part) => (part.status === 200 ? part.messages : []));
        const answers = messages.filter(({ method }) => method === undefined);
        ledger.check(
          answers.length === 1,
          () => `${name} was answered ${answers.length} times (${call.parts.length})`,
        );
      }
    }
    for (const { heard, life, what } of this.#clients.notes) {
      ledger.check(heard.status !== undefined || heard.isOver, () => {
        return `${what} of ${life.id} was never answered`;
      });
    }
  }
}
