import { describe, expect, it } from 'vitest';
import { requestFrame } from '../../src/cluster/requestFrame.ts';
import type { Forwarded } from '../../src/directory/whereabouts.ts';
import type { ResponsePort } from '../../src/wire/port.ts';
import { bodiless, call, list } from './asks.ts';
import { answer, eventOf, pass, settled, stream, threeNodes } from './exchanges.ts';
import { RecordedPort } from './recordedPort.ts';

/** A lease ends, and the next look at it is due. */
const GONE_MS = 2000;

/** Clients at `a`, whose requests are forwarded to whoever has the session, or served here. */
function clientsAt(options?: Parameters<typeof threeNodes>[0]) {
  const nodes = threeNodes(options);
  const { a, agreement } = nodes;
  const served: { readonly request: Forwarded; readonly port: ResponsePort }[] = [];
  const forward = (request: Forwarded, port: ResponsePort): void => {
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

describe('the tallies of nodes', () => {
  it('have a forwarded request once at each end, however many ways it goes', async () => {
    const { a, agreement, b, c, clock, send } = clientsAt();
    b.onReady = async () => ({ why: 'moved', owner: 'c#1' });
    agreement.owners.set('s', 'c#1');
    c.onServe = (_request, port) => answer(port, { by: 'c' });
    a.forward({ owner: 'b#1', request: call(1) }, new RecordedPort());
    await pass(clock, 500);
    expect([a, b, c].map(({ tallies }) => [tallies.forwarded, tallies.served])).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
    ]);
    expect(b.tallies.notBegun).toEqual({ moved: 1, draining: 0, busy: 0, suspended: 0 });
    send(list(2));
    await settled();
    expect([a.tallies.forwarded, c.tallies.served]).toEqual([2, 2]);
  });

  it('have one that comes back to be looked for anew once as well', async () => {
    const { a, agreement, b, c, clock, kill, send, served } = clientsAt();
    c.onServe = (_request, port) => answer(port, {});
    kill(b, 0);
    const port = send(call(1));
    expect(served).toHaveLength(1);
    a.forward(
      {
        owner: 'b#1',
        request: call(1),
        again: (...asked) => a.forward({ owner: 'c#1', request: asked[0] }, asked[1]),
      },
      port,
    );
    agreement.owners.set('s', 'c#1');
    await pass(clock, 500);
    expect([port.ends, a.tallies.forwarded, c.tallies.served]).toEqual([1, 1, 1]);
  });

  it.each(['moved', 'draining', 'busy', 'suspended'] as const)(
    'have what was not begun once, however often it is asked for: %s',
    async (why) => {
      const { b, clock, office } = clientsAt();
      const said: unknown[] = [];
      office.open('x#1', (_from, frame) => said.push(frame));
      b.onReady = async () => ({ why });
      const asked = { owner: 'b#1', session: 's', print: 's', takes: false, request: call(1) };
      const terms = { takes: false, hasRoom: true, until: clock.now() + 1000 };
      const request = requestFrame({ ...asked, again: () => {} }, 'x#1/1', false, terms);
      for (let times = 0; times < 3; times++) {
        b.take('x#1', request);
        await settled();
      }
      expect(said).toMatchObject(Array.from({ length: 3 }, () => ({ type: 'nak', why })));
      const none = { moved: 0, draining: 0, busy: 0, suspended: 0 };
      expect(b.tallies).toMatchObject({ notBegun: { ...none, [why]: 1 }, served: 0 });
    },
  );

  it('have a stream that was resumed, which is no request of its client’s', async () => {
    const { a, agreement, b, c, clock, kill, send } = clientsAt();
    send(call(1));
    await settled();
    stream(b.served[0]!.port, eventOf('s_1_1', 'one'));
    await settled();
    kill(b, 0);
    agreement.owners.set('s', 'c#1');
    await pass(clock, GONE_MS);
    expect(c.served).toHaveLength(1);
    const { forwarded, resumed } = a.tallies;
    expect([forwarded, resumed, a.refusals]).toEqual([1, 1, []]);
  });

  it('count an error of a resumed stream once, as what its client was told', async () => {
    const { a, b, clock, kill, send, served } = clientsAt();
    send(call(1));
    await settled();
    stream(b.served[0]!.port, eventOf('s_1_1', 'one'));
    await settled();
    kill(b, 0);
    await pass(clock, GONE_MS);
    served[0]!.port.send(404, [], '{}');
    expect(a.refusals).toEqual(['session-moved']);
  });

  it('count the error of a stream that can not be resumed as what its client was told', async () => {
    const { a, agreement, b, c, clock, kill, send } = clientsAt({
      ingress: { maxForwards: 9, maxForwardsPerSession: 9, forwardTimeoutMs: 3000 },
    });
    send(call(1));
    await settled();
    stream(b.served[0]!.port, eventOf('s_1_1', 'one'));
    await settled();
    kill(b, 0);
    agreement.owners.set('s', 'c#1');
    c.isLive = false;
    await pass(clock, GONE_MS + 4000);
    // In the middle of the stream: not the 503 that the way failed with.
    expect(a.refusals).toEqual(['session-moved']);
  });

  it('count no error of a GET stream, whose client is told none', async () => {
    const { a, b, clock, kill, send } = clientsAt();
    const port = send(bodiless('GET'));
    await settled();
    stream(b.served[0]!.port, ': open\n\n');
    await settled();
    kill(b, 0);
    await pass(clock, GONE_MS);
    expect([port.isCut, a.refusals]).toEqual([true, []]);
  });
});
