import { expect, it } from 'vitest';
import { isSure } from '../../src/cluster/asking.ts';
import { requestFrame } from '../../src/cluster/requestFrame.ts';
import { Sample } from '../support/garbage.ts';
import { call, post } from './asks.ts';
import { answer, settled, stream, threeNodes } from './exchanges.ts';
import { RecordedPort } from './recordedPort.ts';

it('both nodes count what a request holds: the owner until it has begun, the ingress until it is over', async () => {
  const { a, b } = threeNodes();
  const request = call(1);
  const { weight } = request.parcel!;
  let atBegin = 0;
  b.onServe = (_request, port) => {
    atBegin = b.counted;
    stream(port, 'some words');
  };
  a.forward({ request }, new RecordedPort());
  expect(a.counted).toBe(weight);
  await settled();
  expect(atBegin).toBe(weight);
  expect([a.counted, b.counted]).toEqual([weight, 0]);
  b.served[0]!.port.end();
  await settled();
  expect([a.counted, b.counted, a.ingress.size]).toEqual([0, 0, 0]);
});

it('a request for which there is no room is refused, by the ingress or by the owner', async () => {
  const { a, b } = threeNodes();
  b.onServe = (_request, port) => answer(port, {});
  const busy = { id: 1, error: { data: { code: 'session-busy' } } };
  for (const full of [a, b]) {
    const counts = full.counts.bind(full);
    full.counts = () => undefined;
    const port = new RecordedPort();
    a.forward({ request: call(1) }, port);
    await settled();
    expect(port.json).toMatchObject(busy);
    expect([a.counted, b.counted, a.ingress.size, b.owner.size]).toEqual([0, 0, 0, 0]);
    full.counts = counts;
  }
  expect(b.served).toEqual([]);
});

it('an exchange is known for a minute, and what was asked is not kept', async () => {
  const { b, clock } = threeNodes();
  b.onServe = (_request, port) => answer(port, {});
  const frames = new Sample();
  const ask = (n: number): void => {
    const params = { name: 'echo', arguments: { text: `${n}`.repeat(1000) } };
    const request = post({ jsonrpc: '2.0', id: n, method: 'tools/call', params });
    const terms = { takes: false, hasRoom: true, until: clock.now() + 1000 };
    const asked = {
      owner: 'b#1',
      session: 's',
      print: 's',
      takes: false,
      request,
      again: () => {},
    };
    const frame = requestFrame(asked, `a#1/${n}`, isSure(request), terms);
    b.take('a#1', frames.add(`${n}`, frame));
  };
  for (let n = 0; n < 5; n++) ask(n);
  await settled();
  expect(b.served).toHaveLength(5);
  expect(b.owner.size).toBe(0);
  b.served.length = 0;
  expect(await frames.alive()).toEqual([]);
});
