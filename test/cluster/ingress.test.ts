import { describe, expect, it } from 'vitest';
import type { Frame } from '../../src/cluster/frame.ts';
import { INGRESS_LIMITS } from '../../src/cluster/ingress.ts';
import type { Forwarded } from '../../src/directory/whereabouts.ts';
import type { ResponsePort } from '../../src/wire/port.ts';
import { bodiless, call, list, post } from './asks.ts';
import { answer, eventOf, pass, settled, stream, threeNodes } from './exchanges.ts';
import { RecordedPort } from './recordedPort.ts';

/** Clients at `a`, and what they are given back because it was begun nowhere. */
function clientsAt(options?: Parameters<typeof threeNodes>[0]) {
  const nodes = threeNodes(options);
  const { a } = nodes;
  const again: { readonly request: Forwarded; readonly port: ResponsePort }[] = [];
  const send = (request: Forwarded, session = 's'): RecordedPort => {
    const port = new RecordedPort();
    a.forward(
      {
        request,
        session,
        again: (...which) => void again.push({ request: which[0], port: which[1] }),
      },
      port,
    );
    return port;
  };
  return { ...nodes, again, send };
}

const moved = (id: number): object => ({ id, error: { data: { code: 'session-moved' } } });

describe('Ingress, on the way to an owner', () => {
  it('forwards a request, and passes its answer on', async () => {
    const { a, b, office, send } = clientsAt();
    b.onServe = (_request, port) => answer(port, { ok: 1 });
    const port = send(call(1));
    await settled();
    expect(port).toMatchObject({ status: 200, json: { ok: 1 }, ends: 1 });
    expect(office.sent.map(({ frame }) => frame.type)).toEqual(['req', 'ack', 'send']);
    expect(a.ingress.size).toBe(0);
  });

  it('looks again at once where nobody heard, and asks the owner of now', async () => {
    const { agreement, c, office, send, kill, b } = clientsAt();
    kill(b, 0);
    const port = send(call(1));
    agreement.owners.set('s', 'c#1');
    c.onServe = (_request, to) => answer(to, { by: 'c' });
    await settled();
    expect(port.json).toEqual({ by: 'c' });
    const [first, second] = office.of('req');
    expect(first!.id).not.toBe(second!.id);
  });

  it('waits for the end of a lease with one look and one timer for all, then gives the requests back', async () => {
    const { a, again, b, clock, kill, send } = clientsAt();
    kill(b, 1500);
    const ports = [1, 2, 3, 4, 5].map((id) => send(call(id)));
    await settled();
    expect([a.looks, again.length]).toEqual([1, 0]);
    await pass(clock, 1500);
    expect(a.looks).toBe(2);
    expect(again.map(({ port }) => port)).toEqual(ports);
    expect(a.ingress.size).toBe(0);
  });

  it('looks again when the session was released', async () => {
    const { a, again, agreement, b, kill, send } = clientsAt();
    kill(b, 5000);
    send(call(1));
    await settled();
    expect(again).toEqual([]);
    agreement.owners.delete('s');
    a.take('b#1', { type: 'released', print: 's' });
    await settled();
    expect(again).toHaveLength(1);
  });

  it('asks a silent owner again by the id it knows, and the call is begun once', async () => {
    const { b, clock, office, send } = clientsAt();
    b.onServe = (_request, port) => answer(port, { ok: 1 });
    // Heard, and lost with the connection: first the request, then all that comes back.
    office.fate = ({ to }) => (to === 'a#1' ? 'sunk' : 'arrives');
    const port = send(call(1));
    await pass(clock, 1000);
    office.fate = () => 'arrives';
    expect(port.ends).toBe(0);
    await pass(clock, 500);
    expect(port).toMatchObject({ json: { ok: 1 }, ends: 1 });
    expect(new Set(office.of('req').map(({ id }) => id)).size).toBe(1);
    expect(b.served).toHaveLength(1);
  });

  it.each<[string, Forwarded, boolean, string]>([
    ['looks elsewhere where all was heard', call(1), false, 'again'],
    ['says so where an ack may be lost', call(1), true, 'session-moved'],
    ['looks elsewhere with what only reads', list(1), true, 'again'],
    ['looks elsewhere with a DELETE', bodiless('DELETE'), true, 'again'],
  ])('whose silent owner is gone %s', async (_what, request, isLost, outcome) => {
    const { a, again, b, clock, office, send, kill } = clientsAt();
    office.fate = ({ to }) => (to === 'b#1' ? 'lost' : 'arrives');
    const port = send(request);
    await settled();
    if (isLost) a.mail.generation++;
    kill(b, 0);
    await pass(clock, 1500);
    expect(again.length === 1 ? 'again' : a.refusals[0]).toBe(outcome);
    expect([port.ends, port.body.includes('session-moved')]).toEqual(
      outcome === 'again' ? [0, false] : [1, true],
    );
  });

  it('does not look elsewhere while its own inbox may be dead', async () => {
    const { a, b, agreement, again, clock, office, send } = clientsAt();
    b.onServe = (_request, to) => answer(to, {});
    // A connection that is lost, and nobody has noticed: what is sent counts as heard.
    office.fate = ({ to }) => (to === 'a#1' ? 'sunk' : 'arrives');
    a.inbox.onSunk = () => {};
    const port = send(call(1));
    await settled();
    expect(b.served).toHaveLength(1);
    agreement.owners.delete('s');
    await pass(clock, 6000);
    expect([again.length, port.ends]).toEqual([0, 0]);
    a.mail.generation++;
    office.fate = () => 'arrives';
    await pass(clock, 2000);
    expect(again).toEqual([]);
    expect(port).toMatchObject({ json: moved(1), ends: 1 });
  });

  it.each([
    [call(1), true, 'session-moved'],
    [call(1), false, 'store-unavailable'],
    [list(1), true, 'store-unavailable'],
  ])('says in the end whether a call may have been made: %j', async (request, isDead, code) => {
    const { a, clock, office, send } = clientsAt();
    office.fate = ({ to, frame }) => {
      if (frame.type === 'ping') return isDead ? 'sunk' : 'arrives';
      return to === 'b#1' ? 'lost' : 'arrives';
    };
    a.inbox.onSunk = () => {};
    const port = send(request);
    await pass(clock, 32_000);
    expect(port).toMatchObject({ json: { id: 1, error: { data: { code } } }, ends: 1 });
  });

  it('goes where a nak leads, with another id', async () => {
    const { agreement, b, c, office, send } = clientsAt();
    b.onReady = async () => ({ why: 'moved', owner: 'c#1' });
    c.onReady = async () => 'ready';
    c.onServe = (_request, port) => answer(port, { by: 'c' });
    const port = send(call(1));
    agreement.owners.set('s', 'c#1');
    await settled();
    expect(port.json).toEqual({ by: 'c' });
    expect(new Set(office.of('req').map(({ id }) => id)).size).toBe(2);
  });

  it('believes a nak that overrules an ack', async () => {
    const { agreement, again, b, send, office } = clientsAt();
    office.fate = ({ frame }) => {
      if (frame.type === 'ack') agreement.owners.delete('s');
      return 'arrives';
    };
    const port = send(call(1));
    await settled();
    expect([b.served.length, again.length, port.ends]).toEqual([0, 1, 0]);
  });

  it('goes round in circles five times at most', async () => {
    const { b, clock, office, send } = clientsAt();
    b.onReady = async () => ({ why: 'moved' });
    const port = send(call(1));
    await pass(clock, 2000);
    expect(port).toMatchObject({ status: 503, ends: 1 });
    expect(port.headers).toContain('Retry-After');
    expect(office.of('req')).toHaveLength(6);
  });

  it('counts the ways of a request that was given back and came again', async () => {
    const { a, b, clock, agreement } = clientsAt();
    const port = new RecordedPort();
    const request = call(1);
    let count = 0;
    const forward = (): void => {
      count++;
      agreement.owners.set('s', 'b#1');
      a.forward({ request, again: forward }, port);
      agreement.owners.delete('s');
    };
    b.onReady = async () => ({ why: 'draining' });
    forward();
    await pass(clock, 5000);
    expect(port).toMatchObject({ status: 503, ends: 1 });
    expect(count).toBe(6);
  });

  it.each([
    ['busy', 200, 'session-busy', 0],
    ['suspended', 503, 'store-unavailable', 30_000],
  ] as const)('answers for an owner that stays %s', async (why, status, code, afterMs) => {
    const { b, clock, send } = clientsAt();
    b.onReady = async () => ({ why });
    const port = send(call(1));
    await pass(clock, Math.max(afterMs - 1000, 1));
    const before = port.ends;
    await pass(clock, 1000);
    expect(before).toBe(afterMs > 0 ? 0 : 1);
    expect(port).toMatchObject({ status, json: { id: 1, error: { data: { code } } }, ends: 1 });
  });

  it('gives up after forwardTimeoutMs without an ack, and nothing begins after that', async () => {
    const { b, clock, office, send } = clientsAt();
    b.onReady = () => new Promise(() => {});
    const port = send(call(1));
    await pass(clock, 29_500);
    expect(port.ends).toBe(0);
    await pass(clock, 500);
    expect(port).toMatchObject({ status: 503, ends: 1 });
    expect(port.headers).toEqual(expect.arrayContaining(['Retry-After', '1']));
    const untils = office.of('req').map(({ until }) => until);
    expect(Math.max(...untils)).toBeLessThanOrEqual(clock.now() - 250);
  });

  it('asks the engine again where it can not be asked', async () => {
    const { a, b, again, clock, kill, send } = clientsAt();
    a.isAlone = true;
    kill(b, 0);
    const port = send(call(1));
    await pass(clock, 3000);
    expect([again.length, port.ends]).toEqual([0, 0]);
    a.isAlone = false;
    await pass(clock, 2000);
    expect(again).toHaveLength(1);
  });

  it.each([
    ['maxForwards', { ...INGRESS_LIMITS, maxForwards: 2 }, ['s', 't', 'u']],
    ['maxForwardsPerSession', { ...INGRESS_LIMITS, maxForwardsPerSession: 2 }, ['s', 's', 's']],
  ] as const)('refuses what is past %s, until there is room', async (limit, ingress, sessions) => {
    const { a, agreement, b, send } = clientsAt({ ingress });
    for (const session of sessions) agreement.owners.set(session, 'b#1');
    const ports = sessions.map((session, id) => send(call(id), session));
    expect(ports[2]).toMatchObject({ json: { id: 2, error: { data: { code: 'session-busy' } } } });
    expect([a.limits, a.refusals]).toEqual([[limit], ['session-busy']]);
    await settled();
    for (const { port } of b.served) answer(port, {});
    await settled();
    send(call(3), sessions[2]);
    await settled();
    expect(b.served).toHaveLength(3);
  });

  it('tells the owner that the client has left, and begins no call for nobody', async () => {
    const { a, b, office, send } = clientsAt();
    const [one, two] = [send(call(1)), send(call(2))];
    await settled();
    one.leave();
    await settled();
    expect(b.served[0]!.port.gone).toBe(true);
    expect(b.served[1]!.port.gone).toBe(false);
    office.fate = ({ frame }) => (frame.type === 'ack' ? 'sunk' : 'arrives');
    send(call(3)).leave();
    await settled();
    expect(b.served).toHaveLength(2);
    expect([a.ingress.size, two.ends]).toEqual([1, 0]);
  });

  it('delivers a notification whose client does not wait', async () => {
    const { b, clock, office, send } = clientsAt();
    office.fate = () => 'unheard';
    const cancel = { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } };
    send(post(cancel)).leave();
    await settled();
    office.fate = () => 'arrives';
    await pass(clock, 2000);
    expect(b.served).toHaveLength(1);
  });

  it('answers everybody when its node leaves', async () => {
    const { a, b, office, send } = clientsAt();
    const begun = send(call(1));
    await settled();
    office.fate = () => 'sunk';
    const asked = send(call(2));
    await settled();
    office.fate = () => 'arrives';
    a.ingress.close();
    await settled();
    expect(begun.json).toMatchObject(moved(1));
    expect(asked).toMatchObject({ status: 503, json: { error: { data: { code: 'draining' } } } });
    expect([a.ingress.size, b.served[0]!.port.gone]).toEqual([0, true]);
  });

  it('leaves a stream whose client can come back for the rest by another node', async () => {
    const { a, b, send } = clientsAt();
    b.onServe = (_, port) => stream(port, eventOf('s_1_1', ''));
    const begun = send(call(1));
    await settled();
    a.ingress.close();
    expect(begun).toMatchObject({ body: eventOf('s_1_1', ''), isCut: true, isEnded: false });
  });

  it('waits for the answers to what it has sent on, and not for open streams', async () => {
    const { a, agreement, b, clock, send } = clientsAt();
    const again: unknown[] = [];
    const port = new RecordedPort();
    b.onServe = ({ parcel }, to) => {
      if (parcel === undefined) stream(to, eventOf('s_0_1', ''));
    };
    const open = send(bodiless('GET'));
    const begun = send(call(1));
    await settled();
    const log: string[] = [];
    void a.ingress.answered(5000).then(() => log.push('answered'));
    void a.ingress.answered(1000).then(() => log.push('late'));
    await pass(clock, 2000);
    expect(log).toEqual(['late']);
    answer(b.served[1]!.port, { jsonrpc: '2.0', id: 1, result: {} });
    await settled();
    expect(log).toEqual(['late', 'answered']);
    expect([begun.status, open.gone]).toEqual([200, false]);
    // What goes another way is waited for as well.
    b.onReady = async () => ({ why: 'draining' });
    agreement.owners.delete('s');
    a.forward(
      { owner: b.incarnation, request: call(2), again: (...of) => void again.push(of) },
      port,
    );
    await pass(clock, 500);
    void a.ingress.answered(5000).then(() => log.push('all'));
    await settled();
    expect([a.ingress.size, again.length, log.at(-1)]).toEqual([1, 1, 'answered']);
    answer(port, {});
    await settled();
    expect(log.at(-1)).toBe('all');
    await a.ingress.answered(5000);
  });

  it.each<[Frame]>([
    [{ type: 'ack', id: 'a#1/9' }],
    [{ type: 'open', id: 'a#1/9', headers: [], body: '' }],
    [{ type: 'more', id: 'a#1/9', n: 1, body: 'x' }],
  ])('tells who goes on with an exchange that is over: %j', async (frame) => {
    const { a, office } = clientsAt();
    a.take('b#1', frame);
    expect(office.sent).toEqual([{ from: 'a#1', to: 'b#1', frame: { type: 'gone', id: 'a#1/9' } }]);
  });

  it('takes an answer from the node it has asked, and from no other', async () => {
    const { a, office, send } = clientsAt();
    const port = send(call(1));
    await settled();
    const { id } = office.of('req')[0]!;
    a.take('c#1', { type: 'send', id, status: 200, headers: [], body: '"forged"' });
    expect(port.ends).toBe(0);
    a.take('b#2', { type: 'send', id, status: 200, headers: [], body: '"right"' });
    expect(port.json).toBe('right');
  });
});

describe('Ingress, with a slow client', () => {
  it('tells the owner what its client has taken', async () => {
    const { b, clock, send } = clientsAt();
    const port = send(bodiless('GET'));
    port.slow();
    await settled();
    const served = b.served[0]!.port;
    stream(served, 'x'.repeat(200_000));
    await pass(clock, 2000);
    expect(served.unread).toBe(200_000);
    let isDrained = false;
    const drained = served.drained().then(() => (isDrained = true));
    port.read(100_000);
    await pass(clock, 250);
    expect([served.unread, isDrained]).toEqual([100_000, true]);
    await drained;
    port.read(99_999);
    await pass(clock, 250);
    expect(served.unread).toBe(1);
    port.read(1);
    await pass(clock, 1250);
    expect(served.unread).toBe(0);
  });

  it('holds no more of a stopped ingress than its owner lets a client leave', async () => {
    const { a, b, send } = clientsAt();
    send(bodiless('GET'));
    await settled();
    const { port } = b.served[0]!;
    a.inbox.pause();
    stream(port, ': open\n\n');
    let written = 0;
    while (port.unread <= 1024 * 1024 && written < 200) {
      port.write(eventOf(`s_0_${++written}`, 'x'.repeat(64 * 1024)));
    }
    port.cut();
    expect(written).toBeLessThan(20);
    expect(port.unread).toBe(0);
  });

  it('counts the last bytes of an answer until they are read, and not those of a short one', async () => {
    const { b, office, send, a } = clientsAt();
    b.onServe = (_request, port) => port.send(200, [], 'x'.repeat(20_000));
    const port = send(call(1));
    port.slow();
    await settled();
    expect([b.served[0]!.port.unread, a.ingress.size]).toEqual([20_000, 0]);
    port.read(20_000);
    await settled();
    expect(b.served[0]!.port.unread).toBe(0);
    b.onServe = (_request, to) => answer(to, {});
    send(call(2));
    await settled();
    expect(office.of('taken')).toHaveLength(1);
  });

  it('cuts a client that its owner cuts, also one that has to read what came', async () => {
    const { b, send } = clientsAt();
    b.onServe = (_request, port) => port.send(200, [], 'x'.repeat(300_000));
    const port: RecordedPort = send(call(1));
    port.slow();
    await settled();
    expect([port.isEnded, port.isCut]).toEqual([true, false]);
    b.served[0]!.port.cut();
    await settled();
    expect(port.isCut).toBe(true);
  });
});
