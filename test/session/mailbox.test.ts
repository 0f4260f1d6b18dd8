import { servicesOf } from '../support/servicesOf.ts';
import { describe, expect, it } from 'vitest';
import type { Limits } from 'mcp-actors';
import type { Arrival } from '../../machines/index.ts';
import { PrincipalAccount } from '../../src/actor/principalAccount.ts';
import type { Exchange } from '../../src/session/exchange.ts';
import type { Journal } from '../../src/events/journal.ts';
import { Mailbox } from '../../src/session/mailbox.ts';
import { type Envelope } from '../../src/session/envelope.ts';
import type { MailboxHost } from '../../src/session/mailbox.ts';
import { isRequest, type Message } from '../../src/wire/jsonrpc.ts';

/** Takes down what it is told. */
class FakeExchange implements Exchange {
  readonly answers: string[] = [];
  /** Whether each answer was an error. */
  readonly errors: (boolean | undefined)[] = [];
  readonly reach = 'none';
  cancels = 0;
  isGone = false;

  get isSettled(): boolean {
    return this.answers.length + this.cancels > 0;
  }

  answer(json: string, isError?: boolean): boolean {
    this.answers.push(json);
    this.errors.push(isError);
    return !this.isGone;
  }

  cancelled(): void {
    this.cancels++;
  }

  tell(): boolean {
    return true;
  }
}

/** A mailbox in front of nobody: what is delivered is written down. */
function setUp(limits: Partial<Limits> = {}, arrival: Arrival = 'dispatch') {
  const log: string[] = [];
  const note = (what: string, message: Message): void => {
    const id = isRequest(message) ? ` ${message.id}` : '';
    log.push(`${what} ${'method' in message ? message.method : 'response'}${id}`);
  };
  const journal: Pick<Journal, 'saw' | 'deadLetter' | 'tripped' | 'high'> = {
    saw: () => {},
    deadLetter: (direction, message, reason) => note(`dead ${direction} ${reason}`, message),
    tripped: (limit) => log.push(`tripped ${limit}`),
    high: () => {},
  };
  const host: MailboxHost & { arrival: Arrival } = {
    services: servicesOf(limits),
    maxInFlight: servicesOf(limits).limits.maxInFlight,
    principal: undefined,
    principalAccount: new PrincipalAccount(undefined, Infinity, null),
    carrier: 'http',
    protocolVersion: undefined,
    persistence: null,
    world: { early: undefined, heldUp: () => undefined },
    later: (promise, go) => void promise.then(go),
    key: 'key',
    journal: journal as Journal,
    arrival,
    isSettling: false,
    activate: () => {
      log.push('activate');
      host.arrival = 'dispatch';
      return host.arrival;
    },
    deliver: (message) => note('deliver', message),
    outgoing: { receive: (message) => note('receive', message), asked: () => undefined },
    answered: (ask, response) => log.push(`${response ? 'answered' : 'over'} ${ask.message.id}`),
    drained: () => log.push('drained'),
  };
  const mailbox = new Mailbox(host);
  const exchanges = new Map<unknown, FakeExchange>();
  const accept = (message: Message, weight = 1) => {
    const exchange = isRequest(message) ? new FakeExchange() : undefined;
    if (isRequest(message)) exchanges.set(message.id, exchange!);
    const delivery: Envelope['delivery'] = { authInfo: undefined };
    return mailbox.accept({ message, delivery, exchange, bytes: 1, weight });
  };
  return { host, mailbox, log, accept, exchanges };
}

const ask = (id: number | string, method = 'ask'): Message => ({ jsonrpc: '2.0', id, method });
const tell = (method: string, params = {}): Message => ({ jsonrpc: '2.0', method, params });
const cancel = (requestId: unknown): Message => tell('notifications/cancelled', { requestId });
const answer = (id: number | string): Message => ({ jsonrpc: '2.0', id, result: {} });

describe('Mailbox.accept', () => {
  it('law 2: hands over in order of arrival, requests and notifications alike', () => {
    const { accept, log } = setUp();
    for (const message of [ask(1), tell('note'), ask(2)]) accept(message);
    expect(log).toEqual(['deliver ask 1', 'deliver note', 'deliver ask 2']);
  });

  it('law 1: stashes while there is no server, and says activate once out of idle', () => {
    const stash = setUp({}, 'stash');
    stash.accept(ask(1));
    stash.accept(tell('note'));
    expect([stash.log, stash.mailbox.references > 0]).toEqual([[], true]);
    stash.host.arrival = 'dispatch';
    stash.mailbox.dispatch();
    expect(stash.log).toEqual(['deliver ask 1', 'deliver note']);
    const idle = setUp({}, 'activate');
    idle.accept(ask(1));
    idle.accept(ask(2));
    expect(idle.log).toEqual(['activate', 'deliver ask 1', 'deliver ask 2']);
  });

  it('law 5: refuses at the end, each message a dead letter', () => {
    const { accept, log } = setUp({}, 'refuse');
    expect(accept(ask(1))).toBe('session-not-found');
    expect(accept(tell('note'))).toBe('session-not-found');
    expect(log).toEqual(['dead in closed ask 1', 'dead in closed note']);
  });

  it('law 4: has room for maxInFlight requests and maxQueue waiting messages', () => {
    const { accept, log, mailbox } = setUp({ maxInFlight: 3, maxQueue: 2 }, 'stash');
    expect([accept(ask(1)), accept(ask(2))]).toEqual([undefined, undefined]);
    expect([accept(ask(3)), accept(tell('note'))]).toEqual(['session-busy', 'session-busy']);
    expect(mailbox.inFlight).toBe(2);
    expect(log).toEqual(['tripped maxQueue', 'tripped maxQueue', 'dead in full note']);
    const running = setUp({ maxInFlight: 1 });
    running.accept(ask(1));
    expect(running.accept(ask(2))).toBe('session-busy');
    expect(running.log).toEqual(['deliver ask 1', 'tripped maxInFlight']);
  });

  it('law 3: answers and progress of the client pass what waits', () => {
    const { accept, log } = setUp({ concurrency: 1 });
    for (const message of [ask(1), ask(2), answer(9), tell('notifications/progress')]) {
      accept(message);
    }
    expect(log).toEqual(['deliver ask 1', 'receive response', 'receive notifications/progress']);
  });

  it('law 2: concurrency holds requests back, and what came behind them', () => {
    const { accept, log, mailbox } = setUp({ concurrency: 2 });
    for (const message of [ask(1), ask(2), ask(3), tell('note'), ask(4)]) accept(message);
    expect(log).toEqual(['deliver ask 1', 'deliver ask 2']);
    mailbox.settle({ jsonrpc: '2.0', id: 2, result: {} });
    expect(log.slice(2)).toEqual(['answered 2', 'deliver ask 3', 'deliver note']);
  });

  it('law 6: refuses an id that is in flight or waits, and takes it again afterwards', () => {
    const { accept, mailbox } = setUp({ concurrency: 1 });
    accept(ask(1));
    accept(ask(2));
    expect([accept(ask(1)), accept(ask(2))]).toEqual(Array(2).fill('duplicate-request-id'));
    mailbox.settle({ jsonrpc: '2.0', id: 1, result: {} });
    expect(accept(ask(1))).toBeUndefined();
  });
});

describe('Mailbox, cancels', () => {
  it('law 3: stops a running request, tells its server, settles its exchange, frees its place', () => {
    const { accept, log, exchanges, mailbox } = setUp({ concurrency: 1 });
    for (const message of [ask(1), ask(2), cancel(1)]) accept(message);
    expect(log).toEqual([
      'deliver ask 1',
      'deliver notifications/cancelled',
      'over 1',
      'deliver ask 2',
    ]);
    expect([exchanges.get(1)?.cancels, mailbox.inFlight]).toEqual([1, 1]);
  });

  it('law 3: takes a waiting request out without a word to the server', () => {
    const { accept, log, mailbox } = setUp({ concurrency: 1 });
    for (const message of [ask(1), ask(2), ask(3), cancel(2)]) accept(message);
    mailbox.settle({ jsonrpc: '2.0', id: 1, result: {} });
    expect(log).toEqual(['deliver ask 1', 'over 2', 'answered 1', 'deliver ask 3']);
  });

  it.each([0, '', '0', 'x', 7])('knows the request %j by its id (C1)', (id) => {
    const { accept, exchanges } = setUp();
    accept(ask(id));
    accept(cancel(id));
    expect(exchanges.get(id)?.cancels).toBe(1);
  });

  it('never cancels initialize (C1)', () => {
    const { accept, log, exchanges } = setUp();
    accept(ask(1, 'initialize'));
    accept(cancel(1));
    expect(exchanges.get(1)?.isSettled).toBe(false);
    expect(log.at(-1)).toBe('dead in malformed notifications/cancelled');
  });

  it.each([
    [99, 'late'],
    [null, 'malformed'],
    [undefined, 'malformed'],
    [{}, 'malformed'],
  ] as const)('law 5: one for %j is a dead letter: %s', (id, reason) => {
    const { accept, log } = setUp();
    accept(cancel(id));
    expect(log).toEqual([`dead in ${reason} notifications/cancelled`]);
  });
});

describe('Mailbox.settle', () => {
  it('law 6: answers the exchange of its request once; a second answer is late', () => {
    const { accept, mailbox, exchanges, log } = setUp();
    accept(ask(1));
    const response = { jsonrpc: '2.0', id: 1, result: { n: 1 } } as const;
    mailbox.settle(response);
    mailbox.settle(response);
    expect(exchanges.get(1)?.answers).toEqual([JSON.stringify(response)]);
    expect(log.slice(1)).toEqual(['answered 1', 'drained', 'dead out late response']);
  });

  it('says which answers are errors', () => {
    const { accept, mailbox, exchanges } = setUp();
    for (const id of [1, 2, 3]) accept(ask(id));
    mailbox.settle({ jsonrpc: '2.0', id: 1, result: {} });
    mailbox.settle({ jsonrpc: '2.0', id: 2, error: { code: 1, message: 'no' } });
    mailbox.cut('session-ended', 'all');
    expect([1, 2, 3].map((id) => exchanges.get(id)?.errors)).toEqual([[false], [true], [true]]);
  });

  it('law 5: an answer whose client has left is a dead letter', () => {
    const { accept, mailbox, exchanges, log } = setUp();
    accept(ask(1));
    exchanges.get(1)!.isGone = true;
    mailbox.settle({ jsonrpc: '2.0', id: 1, result: {} });
    expect(log.slice(1)).toEqual(['dead out closed response', 'answered 1', 'drained']);
  });

  it('answers with an error where JSON can not express the answer, and the server hears why', () => {
    const { accept, mailbox, exchanges, log } = setUp({ concurrency: 1 });
    for (const id of [1, 2]) accept(ask(id));
    expect(() => mailbox.settle({ jsonrpc: '2.0', id: 1, result: { n: 1n } })).toThrow(TypeError);
    expect(JSON.parse(exchanges.get(1)!.answers[0]!)).toMatchObject({
      id: 1,
      error: { data: { code: 'internal-error' } },
    });
    expect([log.at(-1), mailbox.inFlight]).toEqual(['deliver ask 2', 1]);
  });

  it('knows what is in flight, the one that is alone, and the most there have been', () => {
    const { accept, mailbox, host } = setUp();
    const { highWater } = host.services.counters;
    const seen: unknown[] = [];
    const look = (): unknown =>
      seen.push([[...mailbox.asks()].map(({ message }) => message.id), mailbox.only]);
    look();
    for (const id of ['a', 'b']) {
      accept(ask(id));
      look();
    }
    mailbox.settle({ jsonrpc: '2.0', id: 'a', result: {} });
    look();
    mailbox.settle({ jsonrpc: '2.0', id: 'b', result: {} });
    accept(ask('c'));
    expect(seen).toEqual([
      [[], undefined],
      [['a'], 'a'],
      [['a', 'b'], undefined],
      [['b'], 'b'],
    ]);
    expect(highWater.inFlight).toBe(2);
  });

  it.each([0, ''])('gives the id %j back as it came, though the server saw another', (id) => {
    const { accept, mailbox, exchanges } = setUp();
    accept(ask(id));
    const innerId = `key:${id}`;
    expect(mailbox.find(id)).toBeUndefined();
    expect(mailbox.find(innerId)?.message.id).toBe(id);
    mailbox.settle({ jsonrpc: '2.0', id: innerId, result: {} });
    expect(exchanges.get(id)?.answers).toEqual([
      `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{}}`,
    ]);
  });
});

/** Requests for one handler: all but the last are parked, which runs. */
function parked(...ids: number[]) {
  const rig = setUp({ concurrency: 1 });
  for (const id of ids) {
    rig.accept(ask(id));
    if (id !== ids.at(-1)) rig.mailbox.parking!.park(id);
  }
  const unpark = (id: number): void =>
    rig.mailbox.parking!.unpark(id, () => rig.log.push(`go ${id}`));
  const settle = (id: number): void => rig.mailbox.settle({ jsonrpc: '2.0', id, result: {} });
  rig.log.length = 0;
  return { ...rig, unpark, settle };
}

describe('Mailbox.parking', () => {
  it('gives the place of a parked request away, and the next that is free back', () => {
    const { accept, log, settle, unpark } = parked(1, 2);
    accept(ask(3));
    unpark(1);
    expect(log).toEqual([]);
    settle(2);
    expect(log).toEqual(['answered 2', 'go 1']);
    // It holds the place again.
    settle(1);
    expect(log.slice(2)).toEqual(['answered 1', 'deliver ask 3']);
  });

  it('goes on at once where there is a place', () => {
    const { log, settle, unpark } = parked(1, 2);
    settle(2);
    unpark(1);
    expect(log).toEqual(['answered 2', 'go 1']);
  });

  it('parks what runs, once; what has its place goes on at once, what is unknown never', () => {
    const { accept, log, mailbox, unpark } = parked(1);
    accept(ask(2));
    accept(ask(3));
    for (const id of [99, 2]) mailbox.parking!.park(id);
    expect(log).toEqual([]);
    mailbox.parking!.park(1);
    mailbox.parking!.park(1);
    for (const id of [99, 2]) unpark(id);
    expect(log).toEqual(['deliver ask 2', 'go 2']);
  });

  it('leaves out a request that was withdrawn while it waited for its place', () => {
    const { accept, log, settle, unpark } = parked(1, 2, 3);
    unpark(1);
    unpark(2);
    accept(cancel(1));
    settle(3);
    expect(log.filter((line) => line.startsWith('go'))).toEqual(['go 2']);
  });

  it('has no place to give back where a parked request is settled', () => {
    const { accept, log, settle } = parked(1, 2);
    accept(ask(3));
    settle(1);
    expect(log).toEqual(['answered 1']);
    settle(2);
    expect(log.slice(1)).toEqual(['answered 2', 'deliver ask 3']);
  });
});

describe('Mailbox.cut', () => {
  it.each([
    ['running', ['1'], 2],
    ['waiting', ['2', '3'], 1],
    ['all', ['1', '2', '3'], 0],
  ] as const)('law 6: answers what is %s with one error each', (which, cut, left) => {
    const { accept, mailbox, exchanges } = setUp({ concurrency: 1 });
    for (const id of [1, 2, 3]) accept(ask(id));
    // The state has moved on before its work is cut.
    expect(mailbox.cut('session-crashed', which, { reason: 'crashed' })).toBe(cut.length);
    const answered = [1, 2, 3].filter((id) => exchanges.get(id)?.isSettled).map(String);
    expect(answered.filter((id) => cut.includes(id as never))).toEqual(cut);
    for (const id of cut) {
      const [text = '', ...more] = exchanges.get(Number(id))?.answers ?? [];
      expect(more).toEqual([]);
      expect(JSON.parse(text)).toEqual({
        jsonrpc: '2.0',
        id: Number(id),
        error: {
          code: -32603,
          message: 'Internal error',
          data: { code: 'session-crashed', reason: 'crashed' },
        },
      });
    }
    expect(mailbox.inFlight).toBe(left);
  });

  it('law 5: drops notifications that wait as dead letters', () => {
    const { accept, mailbox, log } = setUp({}, 'stash');
    accept(tell('note'));
    mailbox.cut('session-ended', 'waiting');
    expect(log).toEqual(['dead in closed note', 'drained']);
  });
});
