import { describe, expect, it } from 'vitest';
import type { Forwarded } from '../../src/directory/whereabouts.ts';
import type { ResponsePort } from '../../src/wire/port.ts';
import { bodiless, call, list, post } from './asks.ts';
import { answer, eventOf, pass, settled, stream, threeNodes } from './exchanges.ts';
import { RecordedPort } from './recordedPort.ts';

/** A client at `a`, whose request is forwarded to whoever has the session. */
function clientAt() {
  const nodes = threeNodes();
  const { a, agreement } = nodes;
  const served: { readonly request: Forwarded; readonly port: ResponsePort }[] = [];
  const forward = (request: Forwarded, port: ResponsePort): void => {
    // What is nobody's, or a dead node's, is served here.
    const looked = agreement.look('s');
    if (looked.is !== 'owned' || looked.leftMs === 0) served.push({ request, port });
    else a.forward({ request, again: forward }, port);
  };
  const send = (request: Forwarded): RecordedPort => {
    const port = new RecordedPort();
    forward(request, port);
    return port;
  };
  return { ...nodes, send, served };
}

type Rig = ReturnType<typeof clientAt>;

const error = (id: number, code = 'session-moved'): object => ({ id, error: { data: { code } } });
/** A lease ends, and the next look at it is due. */
const GONE_MS = 2000;

describe('Ingress, whose owner is gone after its ack', () => {
  it.each<[string, Forwarded, object]>([
    ['a call', call(1), error(1)],
    [
      'each call of a batch',
      post([1, 2].map((id) => ({ jsonrpc: '2.0', id, method: 'tools/call', params: {} }))),
      [error(1), error(2)],
    ],
  ])('answers %s with one error', async (_what, request, json) => {
    const { a, b, clock, kill, send, served } = clientAt();
    const port = send(request);
    await settled();
    kill(b, 0);
    await pass(clock, GONE_MS);
    expect(port).toMatchObject({ status: 200, json, ends: 1 });
    expect([a.refusals, served]).toEqual([['session-moved'], []]);
    expect(a.ingress.size).toBe(0);
  });

  it('has what only reads answered by the next owner', async () => {
    const { agreement, b, c, clock, kill, send } = clientAt();
    c.onServe = (_request, port) => answer(port, { by: 'c' });
    const port = send(list(1));
    await settled();
    kill(b, 0);
    agreement.owners.set('s', 'c#1');
    await pass(clock, GONE_MS);
    expect(port).toMatchObject({ json: { by: 'c' }, ends: 1 });
  });

  it('goes on with a stream at the next owner, for its client', async () => {
    const { agreement, b, c, clock, kill, send } = clientAt();
    const port = send(call(1));
    await settled();
    stream(b.served[0]!.port, eventOf('s_1_0', ''), eventOf('s_1_1', 'one'));
    await settled();
    kill(b, 0);
    agreement.owners.set('s', 'c#1');
    await pass(clock, GONE_MS);
    const { request, port: next } = c.served[0]!;
    expect(request).toMatchObject({ parcel: undefined, principal: 'ann' });
    expect(request.origin.head).toMatchObject({
      method: 'GET',
      headers: { 'last-event-id': 's_1_1', 'mcp-session-id': 's', accept: 'text/event-stream' },
    });
    stream(next, eventOf('s_1_1', ''), eventOf('s_1_2', 'two'));
    next.end();
    await settled();
    expect(port).toMatchObject({ heads: 1, ends: 1, isEnded: true });
    expect(port.body).toBe(
      [
        eventOf('s_1_0', ''),
        eventOf('s_1_1', 'one'),
        eventOf('s_1_1', ''),
        eventOf('s_1_2', 'two'),
      ].join(''),
    );
  });

  it('goes on with a stream here, and at one owner after the other', async () => {
    const { agreement, b, c, clock, kill, send, served } = clientAt();
    const port = send(call(1));
    await settled();
    stream(b.served[0]!.port, eventOf('s_1_1', 'one'));
    await settled();
    kill(b, 0);
    agreement.owners.set('s', 'c#1');
    await pass(clock, GONE_MS);
    stream(c.served[0]!.port, eventOf('s_1_2', 'two'));
    await settled();
    kill(c, 0);
    await pass(clock, GONE_MS);
    expect(served[0]!.request.origin.head.headers).toMatchObject({ 'last-event-id': 's_1_2' });
    stream(served[0]!.port, eventOf('s_1_3', 'three'));
    served[0]!.port.end();
    expect(port.body).toBe(
      ['one', 'two', 'three'].map((data, i) => eventOf(`s_1_${i + 1}`, data)).join(''),
    );
    expect(port).toMatchObject({ heads: 1, ends: 1 });
  });

  it.each([
    [204, [] as object[]],
    [400, [error(1)]],
    [503, [error(1)]],
  ])('ends a stream whose next owner answers %i', async (status, errors) => {
    const { b, clock, kill, send, served } = clientAt();
    const port = send(call(1));
    await settled();
    stream(b.served[0]!.port, eventOf('s_1_1', 'one'));
    await settled();
    kill(b, 0);
    await pass(clock, GONE_MS);
    served[0]!.port.send(status, [], '{}');
    expect(port).toMatchObject({ heads: 1, ends: 1, isEnded: true });
    const data = [...port.body.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json!));
    expect(data).toMatchObject(errors);
  });

  it('ends a stream without an id with one error for each request', async () => {
    const { b, clock, kill, send, a } = clientAt();
    const port = send(call(1));
    await settled();
    stream(b.served[0]!.port, ': open\n\n');
    await settled();
    kill(b, 0);
    await pass(clock, GONE_MS);
    expect(port).toMatchObject({ isEnded: true, ends: 1 });
    const [, json] = /^: open\n\nevent: message\ndata: (.*)\n\n$/.exec(port.body)!;
    expect(JSON.parse(json!)).toMatchObject(error(1));
    expect(a.refusals).toEqual(['session-moved']);
  });

  it('cuts a GET stream without an id: its client opens another one', async () => {
    const { b, clock, kill, send } = clientAt();
    const port = send(bodiless('GET'));
    await settled();
    stream(b.served[0]!.port, ': open\n\n');
    await settled();
    kill(b, 0);
    await pass(clock, GONE_MS);
    expect(port).toMatchObject({ isCut: true, ends: 1, body: ': open\n\n' });
  });

  it('cuts a client that has half of an event', async () => {
    const { b, clock, kill, send, served } = clientAt();
    const port = send(call(1));
    await settled();
    stream(
      b.served[0]!.port,
      eventOf('s_1_1', 'one'),
      eventOf('s_1_2', 'x'.repeat(300_000)).slice(0, -2),
    );
    await settled();
    kill(b, 0);
    await pass(clock, GONE_MS);
    expect(port).toMatchObject({ isCut: true, ends: 1 });
    expect(served).toEqual([]);
  });

  it('resumes from where its client came in, where nothing was said since', async () => {
    const { b, clock, kill, send, served } = clientAt();
    send(bodiless('GET', { 'last-event-id': 's_0_7' }));
    await settled();
    stream(b.served[0]!.port, ': open\n\n');
    await settled();
    kill(b, 0);
    await pass(clock, GONE_MS);
    expect(served[0]!.request.origin.head.headers['last-event-id']).toBe('s_0_7');
  });

  it('looks at an owner once for all that it does, and not at all when it does nothing', async () => {
    const { a, b, clock, send } = clientAt();
    const ports = [1, 2, 3, 4].map((id) => send(call(id)));
    await pass(clock, 5000);
    expect(a.looks).toBe(2);
    for (const { port } of b.served) answer(port, {});
    await settled();
    expect(ports.map(({ ends }) => ends)).toEqual([1, 1, 1, 1]);
    await pass(clock, 20_000);
    expect(a.looks).toBe(2);
  });
});

/** Has a request begun. @returns its client's port, and its owner's */
const begin = async (
  { b, send }: Rig,
  request: Forwarded,
): Promise<[RecordedPort, ResponsePort]> => {
  const port = send(request);
  await settled();
  return [port, b.served.at(-1)!.port];
};

describe('Ingress, that has not heard all of its living owner', () => {
  it('asks again for an answer that was lost with its connection', async () => {
    const rig = clientAt();
    const [port, served] = await begin(rig, call(1));
    rig.office.fate = () => 'sunk';
    answer(served, { ok: 1 });
    await settled();
    rig.office.fate = () => 'arrives';
    expect(port.ends).toBe(0);
    await pass(rig.clock, GONE_MS);
    expect(port).toMatchObject({ json: { ok: 1 }, ends: 1 });
    const [, asked] = rig.office.of('req');
    expect(asked).toMatchObject({ isHeard: true, body: undefined, headers: {} });
    expect(rig.b.served).toHaveLength(1);
  });

  it('goes on with a stream of which nothing was lost', async () => {
    const rig = clientAt();
    const [port, served] = await begin(rig, call(1));
    stream(served, eventOf('s_1_1', 'one'));
    await settled();
    rig.a.mail.generation++;
    await pass(rig.clock, GONE_MS);
    served.write(eventOf('s_1_2', 'two'));
    served.end();
    await settled();
    expect(port).toMatchObject({
      body: eventOf('s_1_1', 'one') + eventOf('s_1_2', 'two'),
      ends: 1,
    });
    expect(rig.b.served).toHaveLength(1);
  });

  it.each(['more', 'end'] as const)(
    'resumes a stream when it meets a gap in front of its %s',
    async (next) => {
      const rig = clientAt();
      const [port, served] = await begin(rig, call(1));
      stream(served, eventOf('s_1_1', 'one'));
      await settled();
      rig.office.fate = ({ to }) => (to === 'a#1' ? 'lost' : 'arrives');
      served.write(eventOf('s_1_2', 'two'));
      await settled();
      rig.office.fate = () => 'arrives';
      if (next === 'end') served.end();
      else served.write(eventOf('s_1_3', 'three'));
      await settled();
      expect(served.gone).toBe(true);
      const { request, port: resumed } = rig.b.served[1]!;
      expect(request.origin.head.headers).toMatchObject({ 'last-event-id': 's_1_1' });
      stream(resumed, eventOf('s_1_2', 'two'));
      resumed.end();
      await settled();
      expect(port).toMatchObject({
        body: eventOf('s_1_1', 'one') + eventOf('s_1_2', 'two'),
        ends: 1,
      });
    },
  );

  it('hears of a lost end from its owner, who can not know that it arrived', async () => {
    const rig = clientAt();
    const [port, served] = await begin(rig, call(1));
    stream(served, eventOf('s_1_1', 'one'));
    await settled();
    rig.office.fate = ({ to }) => (to === 'a#1' ? 'lost' : 'arrives');
    served.end();
    await settled();
    rig.office.fate = () => 'arrives';
    await pass(rig.clock, GONE_MS);
    expect(port).toMatchObject({ isEnded: true, ends: 1, body: eventOf('s_1_1', 'one') });
  });

  it('answers with an error in place of a long answer that has a gap', async () => {
    const rig = clientAt();
    const [port, served] = await begin(rig, call(1));
    rig.office.fate = ({ frame }) => (frame.type === 'more' && frame.n === 1 ? 'lost' : 'arrives');
    served.send(200, [], 'x'.repeat(900_000));
    await settled();
    expect(port).toMatchObject({ status: 200, json: error(1), ends: 1 });
  });

  it('answers with an error what its owner has given up', async () => {
    const rig = clientAt();
    const [port] = await begin(rig, call(1));
    rig.b.owner.ended('a#1');
    rig.a.mail.generation++;
    await pass(rig.clock, GONE_MS);
    expect(port).toMatchObject({ json: error(1), ends: 1 });
  });

  it('follows an owner that goes on as another incarnation', async () => {
    const rig = clientAt();
    const [port, served] = await begin(rig, call(1));
    const { b } = rig;
    b.incarnation = 'b#2';
    rig.office.open('b#2', (from, frame) => b.take(from, frame));
    rig.agreement.leases.set('b#2', Infinity);
    rig.agreement.leases.set('b#1', 0);
    b.owner.renamed();
    await pass(rig.clock, 4000);
    answer(served, { ok: 1 });
    await settled();
    expect(port).toMatchObject({ json: { ok: 1 }, ends: 1 });
  });
});
