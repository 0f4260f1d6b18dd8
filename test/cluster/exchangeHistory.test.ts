import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Forwarded } from '../../src/directory/whereabouts.ts';
import type { ResponsePort } from '../../src/wire/port.ts';
import { turn } from '../support/eventually.ts';
import { seeded } from '../support/seeded.ts';
import { VirtualClock } from '../support/virtualClock.ts';
import { call, list } from './asks.ts';
import { Agreement, ExchangeNode } from './exchangeNode.ts';
import { answer, eventOf, stream } from './exchanges.ts';
import { PostOffice } from './postOffice.ts';
import { RecordedPort } from './recordedPort.ts';

const SESSIONS = ['s', 't'];
/** How long faults happen, and how long a history goes on then. */
const FAULTS_MS = 12_000;
const QUIET_MS = 34_000;

const AT = fc.nat(FAULTS_MS);
const NODE = fc.nat(1);
const DEED = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('call', 'list', 'stream'),
      at: AT,
      node: NODE,
      session: fc.nat(SESSIONS.length - 1),
      lastsMs: fc.constantFrom(0, 30, 900, 4000),
    }),
  },
  fc.record({
    do: fc.constantFrom('pause', 'break', 'deafen'),
    at: AT,
    node: NODE,
    lastsMs: fc.constantFrom(20, 400, 2000, 6000),
  }),
);
type Deed = typeof DEED extends fc.Arbitrary<infer T> ? T : never;

/** One client's request, what it came to, and how often it was begun. */
interface Ask {
  readonly id: number;
  readonly isSure: boolean;
  readonly port: RecordedPort;
  begun: number;
}

/** Two nodes with two sessions, one fault after the other, and what has to be true in the end. */
class History {
  readonly #clock = new VirtualClock();
  readonly #office = new PostOffice();
  readonly #agreement = new Agreement(this.#clock);
  readonly #nodes: ExchangeNode[];
  readonly #chance: () => number;
  readonly #asks: Ask[] = [];
  /** Begun and not answered, by session: a session with work in flight does not move. */
  readonly #busy = new Map<string, number>();
  readonly #broken = new Set<string>();
  readonly #deaf = new Set<string>();
  #lossy = true;

  constructor(chance: () => number) {
    this.#chance = chance;
    this.#nodes = ['a#1', 'b#1'].map(
      (name) => new ExchangeNode(name, this.#clock, this.#agreement, this.#office),
    );
    for (const node of this.#nodes) {
      node.onServe = (request, port) => this.#serve(node, request, port);
      // A broken connection counts when it is noticed.
      node.inbox.onSunk = () => {};
    }
    SESSIONS.forEach((session, i) =>
      this.#agreement.owners.set(session, this.#nodes[i]!.incarnation),
    );
    this.#office.fate = ({ to }) => {
      if (this.#broken.has(to)) return 'sunk';
      if (this.#deaf.has(to)) return 'unheard';
      if (!this.#lossy || this.#chance() > 0.2) return 'arrives';
      return this.#chance() < 0.5 ? 'lost' : 'unsure';
    };
  }

  /** @returns what was wrong */
  async live(deeds: readonly Deed[]): Promise<string[]> {
    for (const deed of deeds) this.#clock.setTimeout(() => this.#perform(deed), deed.at);
    this.#wander();
    await this.#pass(FAULTS_MS + 6000);
    this.#lossy = false;
    await this.#pass(QUIET_MS);
    return this.#asks.flatMap((ask) => faultsOf(ask));
  }

  #perform(deed: Deed): void {
    const node = 'node' in deed ? this.#nodes[deed.node]! : undefined;
    const session = 'session' in deed ? SESSIONS[deed.session]! : '';
    switch (deed.do) {
      case 'call':
      case 'list':
      case 'stream':
        return this.#ask(deed, node!, session);
      case 'pause':
        node!.inbox.pause();
        return this.#after(deed, () => node!.inbox.resume());
      case 'break':
        return this.#outage(this.#broken, node!, deed);
      case 'deafen':
        return this.#outage(this.#deaf, node!, deed);
    }
  }

  #after(deed: Deed, callback: () => void): void {
    this.#clock.setTimeout(callback, 'lastsMs' in deed ? deed.lastsMs : 0);
  }

  /** The node's inbox loses what is sent to it, and the node knows in the end. */
  #outage(which: Set<string>, node: ExchangeNode, deed: Deed): void {
    which.add(node.incarnation);
    this.#after(deed, () => {
      which.delete(node.incarnation);
      node.mail.generation++;
    });
  }

  /** Sessions go from node to node while there are faults. */
  #wander(): void {
    if (!this.#lossy) return;
    for (const session of SESSIONS) if (this.#chance() < 0.15) this.#move(session);
    this.#clock.setTimeout(() => this.#wander(), 150);
  }

  #move(session: string): void {
    if ((this.#busy.get(session) ?? 0) > 0) return;
    const owner = this.#agreement.owners.get(session);
    const other = this.#nodes.find(({ incarnation }) => incarnation !== owner)!;
    this.#agreement.owners.set(session, other.incarnation);
  }

  #ask(deed: Deed, node: ExchangeNode, session: string): void {
    const id = this.#asks.length;
    const isSure = deed.do === 'list';
    const request = isSure ? list(id) : call(id);
    const lastsMs = 'lastsMs' in deed ? deed.lastsMs : 0;
    const how = { 'x-stream': String(deed.do === 'stream'), 'x-lasts': String(lastsMs) };
    const { head } = request.origin;
    const headers = { ...head.headers, ...how, 'mcp-session-id': session };
    const port = new RecordedPort();
    this.#asks.push({ id, isSure, port, begun: 0 });
    this.#send(
      node,
      { ...request, origin: { ...request.origin, head: { ...head, headers } } },
      port,
    );
  }

  /** Has a request served where its session is. */
  #send(node: ExchangeNode, request: Forwarded, port: ResponsePort): void {
    const session = String(request.origin.head.headers['mcp-session-id']);
    const again = (next: Forwarded, to: ResponsePort): void => this.#send(node, next, to);
    if (node.isReady(session)) this.#serve(node, request, port);
    else node.forward({ request, session, again }, port);
  }

  #serve(node: ExchangeNode, request: Forwarded, port: ResponsePort): void {
    const { headers } = request.origin.head;
    const session = String(headers['mcp-session-id']);
    const last = headers['last-event-id'];
    if (last !== undefined) return resume(String(last), port);
    const message = request.parcel!.messages[0] as { readonly id: number };
    const ask = this.#asks[message.id]!;
    ask.begun++;
    if (!node.isReady(session)) throw new Error('served by another');
    this.#busy.set(session, (this.#busy.get(session) ?? 0) + 1);
    const isStream = headers['x-stream'] === 'true';
    const lastsMs = Number(headers['x-lasts']);
    if (isStream) {
      const [first, second] = eventsOf(ask.id);
      stream(port, eventOf(`${ask.id}_0`, ''), first!);
      this.#clock.setTimeout(() => port.write(second!), lastsMs / 2);
    }
    const finish = (): void => {
      this.#busy.set(session, this.#busy.get(session)! - 1);
      if (!isStream) return answer(port, { id: ask.id, result: {} });
      port.write(eventsOf(ask.id)[2]!);
      port.end();
    };
    this.#clock.setTimeout(finish, lastsMs);
  }

  async #pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 50) {
      this.#clock.advance(50);
      for (let i = 0; i < 4; i++) await turn();
    }
  }
}

function eventsOf(id: number): string[] {
  return ['say', 'half', 'done'].map((word, i) => eventOf(`${id}_${i + 1}`, `${word} ${id}`));
}

/** Every event of a call can be had again: the call has ended by the time anybody asks, or will not. */
function resume(last: string, port: ResponsePort): void {
  const [id, sequence] = last.split('_').map(Number);
  stream(port, ...eventsOf(id!).slice(sequence));
  port.end();
}

function faultsOf({ id, isSure, port, begun }: Ask): string[] {
  const faults: string[] = [];
  if (port.ends !== 1) faults.push(`${id} was settled ${port.ends} times: ${port.late.join()}`);
  if (begun > 1 && !isSure) faults.push(`${id} was begun ${begun} times`);
  const texts = [...port.body.matchAll(/(?:say|half|done) (\d+)|"id":(\d+)/g)];
  for (const [, said, answered] of texts) {
    if (Number(said ?? answered) !== id)
      faults.push(`${id} was given what is of ${said ?? answered}`);
  }
  if (port.heads > 1) faults.push(`${id} has ${port.heads} heads`);
  const words = texts.map(([word]) => word);
  if (new Set(words).size < words.length) faults.push(`${id} was told twice: ${words.join()}`);
  const isDone = port.body.includes(`done ${id}`);
  if (isDone && words.length < 3) faults.push(`${id} lacks something: ${words.join()}`);
  const isRight = isDone || port.body.includes('"result"');
  const isError = /session-moved|store-unavailable/.test(port.body);
  if (!port.isCut && isRight === isError) faults.push(`${id} has come to ${port.body}`);
  if (isRight && begun === 0) faults.push(`${id} has an answer, and was not begun`);
  if (/store-unavailable/.test(port.body) && begun > 0 && !isSure) {
    faults.push(`${id} was begun, and its client is told that it was not`);
  }
  return faults;
}

describe('exchanges of two nodes, with losses and pauses', () => {
  it('are begun once at most and settled once, each with its own answer', async () => {
    expect.hasAssertions();
    await seeded(
      fc.asyncProperty(
        fc.array(DEED, { minLength: 3, maxLength: 24 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        async (deeds, chances) => {
          const chance = (): number => chances.next().value;
          expect(await new History(chance).live(deeds)).toEqual([]);
        },
      ),
      100,
    );
  });
});
