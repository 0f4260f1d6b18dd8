import * as fc from 'fast-check';
import { servicesOf } from '../support/servicesOf.ts';
import { describe, expect, it } from 'vitest';
import type { Arrival } from '../../machines/index.ts';
import { PrincipalAccount } from '../../src/actor/principalAccount.ts';
import type { Exchange } from '../../src/session/exchange.ts';
import type { Journal } from '../../src/events/journal.ts';
import { Mailbox } from '../../src/session/mailbox.ts';
import type { MailboxHost } from '../../src/session/mailbox.ts';
import { isRequest, isResponse, type Message } from '../../src/wire/jsonrpc.ts';
import { seeded } from '../support/seeded.ts';

type Step =
  | { readonly do: 'ask' | 'cancel' | 'answer'; readonly id: number | string }
  | { readonly do: 'note' | 'go' | 'stash' | 'cut' };

const ids = fc.constantFrom<number | string>(0, '0', '', 1, 2, 3, 'a');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('ask' as const), id: ids }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('answer' as const), id: ids }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), id: ids }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('note' as const, 'go' as const, 'stash' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
);

interface Asked {
  readonly at: number;
  readonly id: number | string;
  settled: number;
}

/** A mailbox, and a model that only counts. */
class Model {
  readonly asked: Asked[] = [];
  /** In order: the numbers of messages as they arrived and as they were handed over. */
  readonly delivered: number[] = [];
  readonly deadIn: number[] = [];
  /** How often the end of each request that was announced was announced. */
  readonly announced: number[] = [];
  readonly mailbox: Mailbox;
  /** Nothing else counts here, so all of its work is the mailbox's. */
  readonly principalAccount: PrincipalAccount;
  /** What did not hold on the way. */
  readonly broken: string[] = [];
  running = new Map<number | string, Asked>();
  most = 0;
  #sent = 0;
  readonly #numbers = new Map<Message, number>();
  readonly #host: MailboxHost & { arrival: Arrival };

  constructor(concurrency: number, maxInFlight: number, maxQueue: number, maxWork: number) {
    this.principalAccount = new PrincipalAccount('ann', maxWork, null);
    const journal: Pick<Journal, 'saw' | 'deadLetter' | 'tripped' | 'high'> = {
      saw: () => {},
      deadLetter: (direction, message) => {
        const number = this.#numbers.get(message);
        if (direction === 'in' && number !== undefined) this.deadIn.push(number);
      },
      tripped: () => {},
      high: () => {},
    };
    const services = servicesOf({ concurrency, maxInFlight, maxQueue });
    services.events.on('request.began', ({ request }) => void (this.announced[request - 1] = 0));
    services.events.on('request.settled', ({ request }) => void this.announced[request - 1]!++);
    this.#host = {
      services,
      maxInFlight,
      principal: undefined,
      principalAccount: this.principalAccount,
      carrier: 'http',
      protocolVersion: undefined,
      persistence: null,
      world: { early: undefined, heldUp: () => undefined },
      later: (promise, go) => void promise.then(go),
      key: 'key',
      journal: journal as Journal,
      arrival: 'dispatch',
      isSettling: false,
      activate: () => 'dispatch',
      deliver: (message) => this.#deliver(message),
      outgoing: { receive: () => {}, asked: () => undefined },
      answered: () => {},
      drained: () => this.#check(this.mailbox.references === 0, 'drained at zero references'),
    };
    this.mailbox = new Mailbox(this.#host);
  }

  get notes(): number[] {
    return [...this.#numbers.values()];
  }

  run(what: Step): void {
    if (what.do === 'ask') this.#ask(what.id);
    else if (what.do === 'note') this.#note();
    else if (what.do === 'cancel') this.#cancel(what.id);
    else if (what.do === 'answer') this.#answer(what.id);
    else if (what.do === 'cut') this.#cut();
    else {
      this.#host.arrival = what.do === 'go' ? 'dispatch' : 'stash';
      this.mailbox.dispatch();
    }
    this.most = Math.max(this.most, this.running.size);
    const { inFlight, waiting } = this.mailbox;
    const { work } = this.principalAccount;
    this.#check(work >= inFlight && work <= inFlight + waiting, 'what is under way is counted');
  }

  finish(): void {
    this.run({ do: 'go' });
    // Every answer may let another one run.
    while (this.running.size > 0)
      for (const id of Array.from(this.running.keys())) this.#answer(id);
  }

  #ask(id: number | string): void {
    const asked: Asked = { at: this.#sent++, id, settled: 0 };
    const settle = (): boolean => {
      asked.settled++;
      return true;
    };
    const exchange: Exchange = {
      reach: 'none',
      get isSettled() {
        return asked.settled > 0;
      },
      answer: settle,
      cancelled: () => void settle(),
      tell: () => true,
    };
    const message: Message = { jsonrpc: '2.0', id, method: 'ask', params: { at: asked.at } };
    const envelope = { message, delivery: { authInfo: undefined }, exchange, bytes: 1, weight: 1 };
    // Accepted only where nothing with this id is open; then it is the model's to see settled.
    const isOpen = this.asked.some((each) => each.id === id && each.settled === 0);
    this.asked.push(asked);
    const refused = this.mailbox.accept(envelope);
    this.#check(!isOpen || refused === 'duplicate-request-id', 'an id that is open is refused');
    if (refused !== undefined) this.asked.splice(this.asked.indexOf(asked), 1);
  }

  #note(): void {
    const at = this.#sent++;
    const message: Message = { jsonrpc: '2.0', method: 'note', params: { at } };
    this.#numbers.set(message, at);
    this.mailbox.accept({
      message,
      delivery: { authInfo: undefined },
      exchange: undefined,
      bytes: 1,
      weight: 1,
    });
  }

  #cancel(requestId: number | string): void {
    const message: Message = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId },
    };
    for (const [inner, asked] of this.running)
      if (asked.id === requestId) this.running.delete(inner);
    this.mailbox.accept({
      message,
      delivery: { authInfo: undefined },
      exchange: undefined,
      bytes: 1,
      weight: 1,
    });
  }

  #answer(id: number | string): void {
    const inner = id === 0 || id === '' ? `key:${id}` : id;
    this.running.delete(inner);
    this.mailbox.settle({ jsonrpc: '2.0', id: inner, result: {} });
  }

  #cut(): void {
    // What is cut is followed by what waited, so the model forgets before.
    this.running.clear();
    this.mailbox.cut('session-crashed', 'running');
  }

  #check(holds: boolean, what: string): void {
    if (!holds) this.broken.push(what);
  }

  #deliver(message: Message): void {
    if (isResponse(message)) return;
    const at = message.params?.['at'];
    if (typeof at !== 'number') return;
    this.delivered.push(at);
    const asked = this.asked.find((each) => each.at === at);
    if (isRequest(message) && asked !== undefined) this.running.set(message.id, asked);
  }
}

describe('Mailbox', () => {
  it('holds its laws whatever comes in whatever order', async () => {
    const property = fc.asyncProperty(
      fc.array(step, { maxLength: 200 }),
      fc.constantFrom(1, 2, 3, Infinity),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom(2, 5, Infinity),
      async (steps, concurrency, maxInFlight, maxQueue, maxWork) => {
        const model = new Model(concurrency, maxInFlight, maxQueue, maxWork);
        for (const each of steps) {
          model.run(each);
          // Law 4: bounded.
          expect(model.mailbox.inFlight).toBeLessThanOrEqual(maxInFlight);
          expect(model.running.size).toBeLessThanOrEqual(concurrency);
          expect(model.principalAccount.work).toBeLessThanOrEqual(maxWork);
          expect(model.mailbox.inFlight).toBe(
            model.asked.filter(({ settled }) => settled === 0).length,
          );
        }
        model.finish();
        expect(model.broken).toEqual([]);
        // Law 2: handed over in order of arrival.
        expect(model.delivered).toEqual(model.delivered.toSorted((a, b) => a - b));
        expect(new Set(model.delivered).size).toBe(model.delivered.length);
        // Law 5: each notification is handed over or a dead letter, and not both.
        const notes = model.delivered.filter((at) => model.notes.includes(at));
        expect([...notes, ...model.deadIn].toSorted((a, b) => a - b)).toEqual(model.notes);
        // Law 6: each request that was taken in is settled once.
        expect(model.asked.filter(({ settled }) => settled !== 1)).toEqual([]);
        // Whoever watches hears one end for each beginning.
        expect(model.announced.filter((ends) => ends !== 1)).toEqual([]);
        expect(model.announced.length).toBeGreaterThanOrEqual(model.asked.length);
        expect([model.mailbox.references, model.mailbox.inFlight]).toEqual([0, 0]);
        expect([model.mailbox.account.isEmpty, model.principalAccount.work]).toEqual([true, 0]);
      },
    );
    await seeded(property, 1000);
  });
});
