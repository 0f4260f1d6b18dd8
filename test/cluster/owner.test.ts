import { describe, expect, it } from 'vitest';
import type { ExchangeId, FrameOf } from '../../src/cluster/frame.ts';
import { OWNER_LIMITS } from '../../src/cluster/owner.ts';
import { requestFrame } from '../../src/cluster/requestFrame.ts';
import { isSure } from '../../src/cluster/asking.ts';
import type { Forwarded } from '../../src/directory/whereabouts.ts';
import { bodiless, call, list, post } from './asks.ts';
import { answer, eventOf, pass, settled, stream, threeNodes } from './exchanges.ts';

/** What an ingress that is no more than an inbox asks of node `b`. */
function asker(options?: Parameters<typeof threeNodes>[0]) {
  const nodes = threeNodes(options);
  const { b, clock, office } = nodes;
  let count = 0;
  const said: string[] = [];
  const inbox = office.open('x#1', (_from, frame) => said.push(frame.type));
  const ask = (request: Forwarded, more: Partial<FrameOf<'req'>> = {}): ExchangeId => {
    const id = more.id ?? `x#1/${++count}`;
    const asked = {
      owner: 'b#1',
      session: 's',
      print: 's',
      takes: false,
      request,
      again: () => {},
    };
    const terms = { takes: false, hasRoom: true, until: clock.now() + 1000 };
    b.take('x#1', { ...requestFrame(asked, id, isSure(request), terms), ...more });
    return id;
  };
  return { ...nodes, ask, said, inbox };
}

type Rig = ReturnType<typeof asker>;

describe('Owner', () => {
  it('begins a call when its ack was heard, and answers', async () => {
    const { ask, b, said } = asker();
    b.onServe = (_request, port) => answer(port, { ok: 1 });
    ask(call(1));
    expect(b.served).toEqual([]);
    await settled();
    expect(said).toEqual(['ack', 'send']);
    expect(b.served).toHaveLength(1);
    expect(b.owner.size).toBe(0);
  });

  it('begins what only reads at once', async () => {
    const { ask, b, office } = asker();
    office.fate = () => 'lost';
    ask(list(1));
    await settled();
    expect(b.served).toHaveLength(1);
  });

  it('does not begin a call whose ack nobody has heard, until it is asked again', async () => {
    const { ask, b, office } = asker();
    office.fate = ({ frame }) => (frame.type === 'ack' ? 'unheard' : 'arrives');
    const id = ask(call(1));
    await settled();
    expect(b.served).toEqual([]);
    expect(b.owner.size).toBe(0);
    office.fate = () => 'arrives';
    ask(call(1), { id });
    await settled();
    expect(b.served).toHaveLength(1);
  });

  it('never begins a call whose ack may have been heard or not, and says so until that is heard', async () => {
    const { ask, b, clock, office, said } = asker();
    office.fate = ({ frame: { type } }) => (type === 'ack' ? 'unsure' : 'lost');
    const id = ask(call(1));
    await settled();
    expect(said).toEqual(['ack']);
    office.fate = () => 'arrives';
    await pass(clock, 2000);
    expect(said).toEqual(['ack', 'nak']);
    ask(call(1), { id });
    await settled();
    expect(said).toEqual(['ack', 'nak', 'nak']);
    await pass(clock, 20_000);
    expect(said).toHaveLength(3);
    expect(b.served).toEqual([]);
  });

  it.each<[string, string, (rig: Rig) => void]>([
    ['the lease is over', 'suspended', ({ b }) => void (b.isLive = false)],
    ['the session is gone', 'moved', ({ agreement }) => agreement.owners.set('s', 'c#1')],
    ['it is too late', 'moved', ({ clock }) => clock.advance(1001)],
    [
      'the ingress knows nothing of it',
      'moved',
      ({ b }) => b.take('x#1', { type: 'gone', id: 'x#1/1' }),
    ],
  ])('does not begin a call where, once its ack was heard, %s', async (_what, why, happens) => {
    const rig = asker();
    rig.office.fate = ({ frame }) => {
      if (frame.type === 'ack') happens(rig);
      return 'arrives';
    };
    rig.ask(call(1));
    await settled();
    expect(rig.office.of('nak')).toMatchObject([{ why, id: 'x#1/1' }]);
    expect(rig.b.served).toEqual([]);
    expect(rig.b.owner.size).toBe(0);
  });

  it('says nothing to a request that came too late', async () => {
    const { ask, b, clock, said } = asker();
    ask(call(1), { until: clock.now() - 1 });
    b.onReady = async () => {
      clock.advance(1001);
      return 'ready';
    };
    ask(call(2));
    await settled();
    expect([said, b.served, b.owner.size]).toEqual([[], [], 0]);
  });

  it.each<[string, (rig: Rig) => void]>([
    ['suspended', ({ b }) => void (b.isLive = false)],
    ['moved', ({ agreement }) => void agreement.owners.delete('s')],
    ['suspended', ({ b }) => void (b.onReady = () => Promise.reject(new Error('unavailable')))],
    ['draining', ({ b }) => void (b.onReady = async () => ({ why: 'draining' }))],
  ])('refuses as %s what it can not serve, and no other time differently', async (why, make) => {
    const rig = asker();
    make(rig);
    const id = rig.ask(call(1));
    await settled();
    rig.b.isLive = true;
    rig.agreement.owners.set('s', 'b#1');
    rig.b.onReady = async () => 'ready';
    rig.ask(call(1), { id });
    await settled();
    expect(rig.office.of('nak').map((nak) => nak.why)).toEqual([why, why]);
    expect(rig.b.served).toEqual([]);
  });

  it('names the owner of a session that has moved, and claims where it may', async () => {
    const { ask, b, office } = asker();
    const asked: unknown[] = [];
    b.onReady = async (session, takes) => {
      asked.push([session, takes]);
      return { why: 'moved', owner: 'c#1' };
    };
    ask(call(1), { takes: true });
    await settled();
    expect(asked).toEqual([['s', true]]);
    expect(office.of('nak')).toMatchObject([{ why: 'moved', owner: 'c#1' }]);
  });

  it('knows what it was asked: it is silent, acks or answers, and begins once', async () => {
    const { ask, b, said } = asker();
    let ready!: (is: 'ready') => void;
    b.onReady = () => new Promise((resolve) => (ready = resolve));
    const id = ask(call(1));
    ask(call(1), { id });
    await settled();
    expect(said).toEqual([]);
    ready('ready');
    await settled();
    expect(said.splice(0)).toEqual(['ack']);
    ask(call(1), { id, isHeard: true });
    await settled();
    expect(said.splice(0)).toEqual(['ack']);
    answer(b.served[0]!.port, { ok: 1 });
    ask(call(1), { id, isHeard: true });
    await settled();
    expect(said).toEqual(['send', 'send']);
    expect(b.served).toHaveLength(1);
  });

  it('says a stream again as its head and how far it is', async () => {
    const { ask, b, office } = asker();
    const id = ask(list(1));
    await settled();
    const { port } = b.served[0]!;
    stream(port, eventOf('s_1_0', ''));
    await settled();
    port.write('one');
    await settled();
    port.write('two');
    await settled();
    office.sent.length = 0;
    ask(list(1), { id, isHeard: true });
    port.end();
    ask(list(1), { id, isHeard: true });
    const open = { type: 'open', body: eventOf('s_1_0', '') };
    const end = { type: 'end', n: 2 };
    expect(office.sent.map(({ frame }) => frame)).toMatchObject([
      open,
      { type: 'more', n: 2, body: '' },
      end,
      open,
      end,
    ]);
  });

  it('has lost what it is said to have accepted and does not know', async () => {
    const { ask, b, clock, said } = asker();
    b.onServe = (_request, port) => answer(port, {});
    ask(call(1), { isHeard: true, until: 0 });
    const id = ask(call(2));
    await settled();
    expect(said.splice(0)).toEqual(['lost', 'ack', 'send']);
    await pass(clock, 59_000);
    ask(call(2), { id, isHeard: true });
    await settled();
    expect(said.splice(0)).toEqual(['send']);
    await pass(clock, 2000);
    ask(call(2), { id, isHeard: true });
    await settled();
    expect(said).toEqual(['lost']);
  });

  it('keeps answers up to a limit, the latest ones', async () => {
    const { ask, b, said } = asker({ owner: { ...OWNER_LIMITS, answersBytes: 2500 } });
    b.onServe = (_request, port) => port.send(200, [], 'x'.repeat(1000));
    const ids = [1, 2, 3].map((each) => ask(list(each)));
    await settled();
    said.length = 0;
    for (const id of ids) ask(list(1), { id, isHeard: true });
    await settled();
    expect(said).toEqual(['lost', 'send', 'send']);
  });

  it('serves up to maxServed at once', async () => {
    const { ask, b, said } = asker({ owner: { ...OWNER_LIMITS, maxServed: 2 } });
    for (const id of [1, 2, 3]) ask(call(id));
    await settled();
    expect(said.toSorted()).toEqual(['ack', 'ack', 'nak']);
    expect(b.limits).toEqual(['maxServed']);
    answer(b.served[0]!.port, {});
    ask(call(4));
    await settled();
    expect(b.served).toHaveLength(3);
  });

  it('cuts the ports of an ingress that is gone, and knows that it did', async () => {
    const { ask, b, office, said } = asker();
    const id = ask(call(1));
    const other = ask(call(2));
    await settled();
    const [one, two] = b.served.map(({ port }) => port);
    stream(one!, eventOf('s_1_0', ''));
    answer(two!, {});
    await settled();
    b.owner.ended('y#1');
    expect(one!.gone).toBe(false);
    b.owner.ended('x#1');
    expect([one!.gone, one!.unread, b.owner.size]).toEqual([true, 0, 0]);
    said.length = 0;
    for (const each of [id, other]) ask(call(1), { id: each, isHeard: true });
    await settled();
    expect(said).toEqual(['lost', 'send']);
    expect(office.of('cut')).toEqual([]);
  });

  it('repeats its last words to an ingress that may not have heard them', async () => {
    const { ask, b, clock, office, said } = asker();
    ask(call(1));
    await settled();
    office.fate = () => 'lost';
    answer(b.served[0]!.port, {});
    await pass(clock, 4000);
    office.fate = () => 'arrives';
    await pass(clock, 4000);
    expect(said).toEqual(['ack', 'send']);
    expect(office.of('send').length).toBeGreaterThan(2);
    const { length } = office.sent;
    await pass(clock, 10_000);
    expect(office.sent).toHaveLength(length);
  });

  it('tells each ingress who it is when it goes on as another incarnation', async () => {
    const { ask, b, office } = asker();
    ask(call(1));
    await settled();
    b.incarnation = 'b#2';
    b.owner.renamed();
    expect(office.sent.at(-1)).toMatchObject({ from: 'b#2', frame: { type: 'ack' } });
  });

  it('serves a request as its ingress had it', async () => {
    const { ask, b } = asker();
    const request = post([{ jsonrpc: '2.0', method: 'notifications/initialized' }], {
      'x-own': 'ä',
      'transfer-encoding': 'chunked',
      traceparent: '00-1',
    });
    const resource = new URL('https://example.com/');
    const authInfo = { token: 't', clientId: 'c', scopes: ['s'], resource };
    const url = new URL('https://example.com/mcp?a=1');
    const origin = { ...request.origin, authInfo, url };
    ask({ ...request, origin });
    const get = bodiless('GET', { 'last-event-id': 's_1_2', large: 'x'.repeat(20_000) });
    ask(get);
    await settled();
    const [first, second] = b.served.map(({ request: served }) => served);
    const { 'transfer-encoding': _line, ...headers } = origin.head.headers;
    expect(first).toEqual({
      origin: { head: { method: 'POST', headers, url: '/mcp?a=1' }, authInfo, url },
      principal: 'ann',
      parcel: request.parcel,
    });
    const { large: _large, ...rest } = get.origin.head.headers;
    expect(second).toMatchObject({ parcel: undefined, origin: { head: { method: 'GET' } } });
    expect(second!.origin.head.headers).toEqual(rest);
  });

  it('refuses a body that its own limits do not let in', async () => {
    const { ask, b, office } = asker();
    ask(list(1), { body: '['.repeat(100) });
    await settled();
    expect(b.served).toEqual([]);
    expect(office.of('send')).toMatchObject([{ status: 400 }]);
  });
});
