import { type Heard, Response } from './heard.ts';
import type { Call, Life } from './life.ts';
import { Line } from './line.ts';
import { payloadsIn } from './payload.ts';
import type { World } from './world.ts';

export type User = 'ann' | 'bob' | 'eve' | 'nobody';

interface Message {
  readonly id?: string | number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly data?: { readonly code?: string } };
}

interface Sent {
  readonly user: string;
  readonly method?: 'POST' | 'GET' | 'DELETE';
  readonly sid?: string | undefined;
  readonly last?: string | undefined;
  readonly body?: object;
  /** The body comes in so many parts. */
  readonly parts?: number;
  readonly prefersStream?: boolean;
}

/** How a call differs from the usual one. */
interface CallWay {
  readonly size?: number;
  readonly count?: number;
  /** What else its tool is given. */
  readonly args?: object;
  readonly line?: Line;
  readonly parts?: number;
  readonly prefersStream?: boolean;
}

/** A request whose whole response is all that matters. */
export interface Note {
  readonly what: string;
  readonly life: Life | undefined;
  readonly response: Response;
  readonly line: Line;
  readonly process: number;
  readonly at: number;
  /** What was known of its session's end when it was sent. */
  readonly wasOver: boolean;
  readonly isForeign: boolean;
}

/** What the clients of one history send and hear. */
export class Clients {
  readonly #world: World;
  readonly lines: Line[] = [];
  /** Of which no whole response has come back yet. */
  readonly notes = new Set<Note>();
  /** What every event id names. */
  readonly #events = new Map<string, string>();
  /** Of all processes. */
  readonly #made: Line[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** Sessions a client knows of. */
  get known(): Life[] {
    return [...this.#world.lives.values()].filter(({ isKnown }) => isKnown);
  }

  /** A connection: a new one that is read at once, a slow one, or one that is in use. */
  line(user: string): Line {
    const { random } = this.#world.scheduler;
    const kind = random.below(20);
    const open = this.lines.filter((each) => !each.isOver && each.user === user);
    const used = kind < 4 ? random.pick(open) : undefined;
    return used ?? this.newLine(user, kind < 8 ? 300 + random.below(4000) : Infinity);
  }

  newLine(user: string, room: number): Line {
    const { scheduler } = this.#world;
    const line = new Line(scheduler, this.#made.length + 1, user, room);
    this.#made.push(line);
    this.lines.push(line);
    return line;
  }

  initialize(user: User, isWhole: boolean, line = this.line(user)): void {
    const params = {
      protocolVersion: this.#world.scheduler.random.one('2025-11-25', '2025-11-25', '2025-06-18'),
      capabilities: { roots: {} },
      clientInfo: { name: 'simulated', version: '1' },
    };
    const body = { jsonrpc: '2.0', id: 'init', method: 'initialize', params };
    const response = this.#ask(line, { user, body }, undefined, () => {
      const id = response.headers['mcp-session-id'];
      if (id === undefined || response.status !== 200) return;
      const life = this.#world.lives.get(id);
      this.#world.ledger.check(life?.user === user, () => `${id} was opened for ${user}`);
      if (life === undefined) return;
      life.isKnown = true;
      if (isWhole) this.confirm(life);
    });
    this.#note('initialize', undefined, response, line);
  }

  confirm(life: Life): void {
    life.isConfirmed = true;
    this.tell(life, { method: 'notifications/initialized' });
  }

  /** Sends what is not answered. */
  tell(life: Life, message: object, user: string = life.user): void {
    const line = this.line(user);
    const body = { jsonrpc: '2.0', ...message };
    const response = this.#ask(line, { user, sid: life.id, body }, life);
    this.#note(`a message (${JSON.stringify(message)})`, life, response, line, user);
  }

  call(
    life: Life,
    kind: string,
    {
      size = 0,
      count = 0,
      args = {},
      line = this.line(life.user),
      parts = 1,
      prefersStream = false,
    }: CallWay = {},
  ): Call {
    const { ledger, process } = this.#world;
    const nonce = ledger.nonce();
    if (kind.startsWith('add')) life.sent.add(nonce);
    const params = { name: kind, arguments: { nonce, size, count, ...args } };
    const body = { jsonrpc: '2.0', id: nonce, method: 'tools/call', params };
    const sent = { user: life.user, sid: life.id, body, parts, prefersStream };
    const call: Call = {
      nonce,
      id: nonce,
      kind,
      process: process.number,
      parts: [],
      known: [...life.acked],
      wasOver: life.isOver,
      isCancelled: false,
      answers: new Set(),
      mayRepeat: false,
    };
    life.calls.push(call);
    const response = this.#ask(line, sent, life);
    call.parts.push({ response, line });
    this.#note(`${kind} ${nonce}`, life, response, line);
    return call;
  }

  attach(life: Life, last?: string, line = this.line(life.user)): Response {
    const sent = { user: life.user, method: 'GET', sid: life.id, last } as const;
    const response = this.#ask(line, sent, life);
    life.streams.push({ response, line });
    this.#note('GET', life, response, line);
    return response;
  }

  /** Comes back for the stream of a call. */
  resume(life: Life, call: Call): void {
    const last = call.parts.findLast(({ response }) => response.lastId !== undefined);
    if (last === undefined) return;
    const line = this.line(life.user);
    const sent = { user: life.user, method: 'GET', sid: life.id, last: last.response.lastId };
    const response = this.#ask(line, sent as Sent, life);
    call.parts.push({ response, line });
    this.#note('resumption', life, response, line);
  }

  delete(life: Life, user: string = life.user): void {
    const line = this.line(user);
    const response = this.#ask(line, { user, method: 'DELETE', sid: life.id }, life, () => {
      if (user === life.user && response.status === 204) life.isOver = true;
    });
    this.#note('DELETE', life, response, line, user);
  }

  /** Another principal knows its id. */
  trespass(life: Life): void {
    const { random } = this.#world.scheduler;
    const thief = life.user === 'eve' ? 'ann' : 'eve';
    const kind = random.below(4);
    if (kind === 0) return this.delete(life, thief);
    if (kind === 1) return this.tell(life, { method: 'notifications/cancelled' }, thief);
    const line = this.line(thief);
    const { lastId } = life.streams.at(-1)?.response ?? {};
    const sent: Sent =
      kind === 2
        ? { user: thief, method: 'GET', sid: life.id, last: lastId }
        : {
            user: thief,
            sid: life.id,
            body: { jsonrpc: '2.0', id: 'theft', method: 'tools/call', params: { name: 'echo' } },
          };
    this.#note('trespass', life, this.#ask(line, sent, life), line, thief);
  }

  /** A session that no client named is named by a client, its own or another: nobody finds it. */
  trespassOnHome(home: Life): void {
    const { random } = this.#world.scheduler;
    const user = random.one(home.user, 'eve');
    const line = this.line(user);
    const body = { jsonrpc: '2.0', id: 'theft', method: 'tools/call', params: { name: 'echo' } };
    const method = random.one<'POST' | 'GET' | 'DELETE'>('POST', 'GET', 'DELETE');
    const sent = { user, method, sid: home.id, ...(method === 'POST' && { body }) };
    this.#note('trespass on a home', undefined, this.#ask(line, sent, undefined), line, user);
  }

  /** Nothing more is heard of the process. */
  die(): void {
    for (const line of this.lines.splice(0)) line.die();
    this.notes.clear();
  }

  /** The history is over. */
  forget(): void {
    for (const { socket } of this.#made) socket.forget();
  }

  #note(
    what: string,
    life: Life | undefined,
    response: Response,
    line: Line,
    user = life?.user,
  ): void {
    const { process, now: at } = this.#world;
    const wasOver = life?.isOver === true;
    const isForeign = user !== life?.user;
    this.notes.add({ what, life, response, line, process: process.number, at, wasOver, isForeign });
  }

  #ask(line: Line, sent: Sent, life: Life | undefined, onEnd?: () => void): Response {
    const response: Response = new Response(
      (event) => this.#heard(life, event),
      () => {
        if (!response.isStream && response.end === 'whole' && response.body !== '') {
          this.#take(life, response.body, undefined);
        }
        onEnd?.();
      },
    );
    line.ask(this.#world.process.http, response, partsOf(sent));
    return response;
  }

  #heard(life: Life | undefined, { id, data }: Heard): void {
    if (data === '') return;
    if (id !== undefined) {
      const before = this.#events.get(id);
      const isSame = before === undefined || before === data;
      this.#world.ledger.check(isSame, () => `${id} names two events: ${before}, ${data}`);
      this.#events.set(id, data);
    }
    this.#take(life, data, id);
  }

  #take(life: Life | undefined, json: string, eventId: string | undefined): void {
    if (life === undefined) return;
    const message = JSON.parse(json) as Message;
    if (message.method !== undefined) {
      if (message.id !== undefined) life.questions.push(message.id);
      return;
    }
    const call = life.calls.find(({ id }) => id === message.id);
    if (call === undefined) return;
    const { ledger } = this.#world;
    const name = `${call.kind} ${call.nonce} of ${life.id}`;
    call.answers.add(eventId ?? `whole ${call.answers.size}`);
    const most = call.mayRepeat ? 2 : 1;
    ledger.check(call.answers.size <= most, () => `${name} was answered twice`);
    for (const { nonce, tokens = [] } of payloadsIn(json)) {
      ledger.check(nonce === call.nonce, () => `${name} got the answer of ${nonce}`);
      ledger.check(!call.wasOver, () => `${name} was served after its end`);
      for (const each of call.known) {
        const isKept = tokens.includes(each) || life.isLoose;
        ledger.check(isKept, () => `${name} lost ${each}`);
      }
      for (const each of tokens) {
        ledger.check(life.sent.has(each), () => `${name} has a foreign ${each}`);
        if (!life.isLoose) life.acked.add(each);
      }
    }
  }
}

/** A request as its client sends it. */
function partsOf({ user, method = 'POST', sid, last, body, parts = 1, ...sent }: Sent): string[] {
  const accept = sent.prefersStream === true ? STREAM_FIRST : JSON_FIRST;
  const text = body === undefined ? '' : JSON.stringify(body);
  const head = [
    `${method} /mcp HTTP/1.1`,
    'Host: localhost',
    `Accept: ${accept}`,
    ...(user === 'nobody' ? [] : [`X-User: ${user}`]),
    ...(sid === undefined ? [] : [`Mcp-Session-Id: ${sid}`]),
    ...(last === undefined ? [] : [`Last-Event-ID: ${last}`]),
    ...(body === undefined
      ? []
      : ['Content-Type: application/json', `Content-Length: ${text.length}`]),
  ].join('\r\n');
  if (parts === 1) return [`${head}\r\n\r\n${text}`];
  const size = Math.ceil(text.length / parts);
  const chunks = Array.from({ length: parts }, (_, i) => text.slice(i * size, (i + 1) * size));
  return [`${head}\r\n\r\n`, ...chunks];
}

const JSON_FIRST = 'application/json, text/event-stream';
const STREAM_FIRST = 'text/event-stream, application/json';
