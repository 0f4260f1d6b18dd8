import type { Rpc } from '../reply.ts';
import { Heard } from './heard.ts';
import type { Call, Life } from './life.ts';
import type { Machine } from './machine.ts';

export interface Opening {
  readonly heard: Heard;
  readonly at: number;
  readonly isCalm: boolean;
  /** It confirms its handshake at once. */
  readonly isWhole: boolean;
}

/** A response of which only the status matters. */
export interface Note {
  readonly heard: Heard;
  readonly life: Life;
  readonly what: string;
  /** It came back for the stream of this one. */
  readonly call: Call | undefined;
  /** What was known of its end when it was sent. */
  readonly end: Life['end'];
  readonly at: number;
  readonly process: number;
  readonly isCalm: boolean;
}

/** What the clients of one history send. */
export class Clients {
  readonly #machine: Machine;
  /** Of which nothing has come back yet. */
  readonly openings: Opening[] = [];
  readonly notes: Note[] = [];
  readonly trespasses: Pick<Note, 'heard' | 'life'>[] = [];

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Sessions a client knows of. */
  get known(): Life[] {
    return [...this.#machine.lives.values()].filter(({ isKnown }) => isKnown);
  }

  /** @param isWhole it confirms its handshake at once */
  initialize(user: string | undefined, isWhole: boolean): void {
    const { process } = this.#machine;
    const heard = new Heard(async (signal) =>
      (await process.stranger(user)).post(
        {
          jsonrpc: '2.0',
          id: 'init',
          method: 'initialize',
          params: {
            protocolVersion: '2025-11-25',
            capabilities: {},
            clientInfo: { name: 'sleeper', version: '1' },
          },
        },
        {},
        signal,
      ),
    );
    const { isCalm, now } = this.#machine;
    this.openings.push({ heard, isWhole, isCalm, at: now });
  }

  confirm(life: Life): void {
    this.#confirmed(life);
    this.note(life, 'notifications/initialized');
  }

  #confirmed(life: Life): void {
    if (!life.isConfirmed) life.confirmedAt = this.#machine.now;
    life.isConfirmed = true;
  }

  note(life: Life, method: string, params?: Rpc['params']): void {
    this.#send(life, method, { jsonrpc: '2.0', method, ...(params && { params }) });
  }

  ping(life: Life): void {
    const id = `ping ${this.#machine.ledger.token()}`;
    this.#send(life, 'ping', { jsonrpc: '2.0', id, method: 'ping' });
  }

  respond(life: Life, id: string | number, q: number): void {
    this.#send(life, 'an answer', { jsonrpc: '2.0', id, result: { q } });
  }

  call(life: Life, method: string, id?: string | number): Call {
    const { ledger, process, weather, isCalm, now } = this.#machine;
    const token = ledger.token();
    const name = method === 'level' ? 'logging/setLevel' : method;
    const params = method === 'level' ? { token, level: token } : { token };
    const call: Call = {
      token,
      id: id ?? token,
      method,
      process: process.number,
      at: now,
      parts: [],
      end: life.end,
      known: new Set(life.acked.keys()),
      weather: isCalm ? weather : -1,
      isCancelled: false,
      isSettled: false,
      isKilled: false,
    };
    if (method.startsWith('add')) life.sent.add(token);
    if (method === 'level') life.levels.push(token);
    if (method === 'boom' || method === 'own') life.causes.add('crashed');
    this.#confirmed(life);
    const body = { jsonrpc: '2.0', id: call.id, method: name, params };
    call.parts.push(
      new Heard(async (signal) => (await process.client(life)).post(body, {}, signal)),
    );
    life.calls.push(call);
    return call;
  }

  /** Comes back for the stream of a call it had left. */
  resumeCall(life: Life, call: Call): void {
    const last = call.parts.findLast(({ lastId }) => lastId !== undefined)?.lastId;
    if (last === undefined) return;
    const part = this.#get(life, last, call);
    call.parts.push(part);
  }

  attach(life: Life, last?: string): void {
    life.attachedAt = this.#machine.now;
    life.streams.push(this.#get(life, last));
  }

  /** The stream a client reads now: one that was taken over is over. */
  streamOf(life: Life): Heard | undefined {
    const last = life.streams.at(-1);
    return last?.isOver === false && last.status === 200 && !last.hasEnded ? last : undefined;
  }

  /** What was asked and is not answered. */
  open(life: Life): Call[] {
    return life.calls.filter(({ isSettled, isKilled }) => !isSettled && !isKilled);
  }

  leave(life: Life): void {
    life.words.clear();
    if (this.streamOf(life) !== undefined) life.lastUse = this.#machine.now;
    for (const stream of life.streams) stream.leave();
  }

  /** Goes on with its GET stream, after the last event it has seen. */
  resume(life: Life): void {
    const last = life.streams.findLast(({ lastId }) => lastId !== undefined)?.lastId;
    if (last === undefined) return;
    // A client that resumes has left the stream before.
    this.leave(life);
    this.attach(life, last);
  }

  delete(life: Life): void {
    life.causes.add('deleted');
    const { process } = this.#machine;
    const heard = new Heard(async () => (await process.client(life)).delete());
    this.#note(heard, life, 'DELETE');
  }

  /** Another user knows its id. */
  trespass(life: Life, which: number): void {
    const { process } = this.#machine;
    const heard = new Heard(async () => {
      const thief = await process.stranger(life.user === 'eve' ? 'ann' : 'eve');
      thief.id = life.id;
      if (which % 3 === 0) return thief.get();
      return which % 3 === 1 ? thief.delete() : thief.request('read', { token: 0 });
    });
    this.trespasses.push({ heard, life });
  }

  #get(life: Life, last: string | undefined, call?: Call): Heard {
    const { process } = this.#machine;
    const headers = last === undefined ? {} : { 'last-event-id': last };
    const heard = new Heard(async () => (await process.client(life)).get(headers));
    const what = last === undefined ? 'GET' : 'a resumption';
    this.#note(heard, life, what, call);
    return heard;
  }

  #send(life: Life, what: string, body: object): void {
    const { process } = this.#machine;
    const heard = new Heard(async (signal) => (await process.client(life)).post(body, {}, signal));
    this.#note(heard, life, what);
  }

  #note(heard: Heard, life: Life, what: string, call?: Call): void {
    const { now: at, process, isCalm } = this.#machine;
    const { end } = life;
    this.notes.push({ heard, life, what, call, end, at, process: process.number, isCalm });
  }

  /** Whatever is under way is heard of no more. */
  abandon(): void {
    for (const { heard } of this.openings.splice(0)) heard.leave();
    for (const { heard } of this.notes.splice(0)) heard.leave();
    for (const { heard } of this.trespasses.splice(0)) heard.leave();
  }
}
