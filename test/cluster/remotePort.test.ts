import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import type { Frame } from '../../src/cluster/frame.ts';
import { RemotePort } from '../../src/cluster/remotePort.ts';
import { FetchPort } from '../../src/http/fetchPort.ts';
import { eventually, turn } from '../support/eventually.ts';
import { text } from '../support/longTexts.ts';
import type { PortClient, Received } from '../support/portClient.ts';
import { portContract, type PortRig } from '../support/portContract.ts';
import { call } from './asks.ts';
import { Agreement, ExchangeNode } from './exchangeNode.ts';
import { PostOffice } from './postOffice.ts';

/** So many times as fast as the host's own. */
const FAST = 50;

const fastClock: Clock = {
  now: () => systemClock.now() * FAST,
  setTimeout: (callback, delayMs) => systemClock.setTimeout(callback, delayMs / FAST),
  clearTimeout: (timer) => systemClock.clearTimeout(timer),
};

/** The client of a node's port, which reads as a test lets it. */
class IngressClient implements PortClient {
  readonly controller = new AbortController();
  readonly port = new FetchPort(this.controller.signal, []);
  #body = '';
  #isWhole = false;
  #isBroken = false;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  async read(bytes: number): Promise<Received> {
    // A cut takes its time to another node: a client may have read all by then, but not in these tests.
    for (let i = 0; i < 5; i++) await turn();
    const response = await this.port.response;
    this.#reader ??= response.body?.getReader();
    while (this.#body.length < bytes && !this.#isWhole && !this.#isBroken) await this.#next();
    const headers = Object.fromEntries(response.headers);
    return { status: response.status, headers, body: this.#body, isWhole: this.#isWhole };
  }

  async leave(): Promise<void> {
    this.controller.abort();
  }

  async #next(): Promise<void> {
    try {
      const chunk = await this.#reader?.read();
      if (chunk?.value !== undefined) this.#body += Buffer.from(chunk.value).toString('latin1');
      this.#isWhole = chunk?.done ?? true;
    } catch {
      this.#isBroken = true;
    }
  }
}

function makeRig(): PortRig {
  const office = new PostOffice();
  const agreement = new Agreement(fastClock);
  const ingress = new ExchangeNode('a#1', fastClock, agreement, office);
  const owner = new ExchangeNode('b#1', fastClock, agreement, office);
  agreement.owners.set('s', owner.incarnation);
  let count = 0;
  return {
    swallowed: 0,
    async open() {
      const client = new IngressClient();
      const served = owner.served.length;
      ingress.forward({ request: call(++count) }, client.port);
      await eventually(() => owner.served.length > served);
      // Of many ports, each is let go by the end of its test.
      const { port } = owner.served.splice(served)[0]!;
      return { port, client };
    },
  };
}

portContract('RemotePort with an ingress between it and its client', makeRig);

/** A port, what it has said, and whether it is over. */
function alone() {
  const said: Frame[] = [];
  const over = { calls: 0 };
  const port = new RemotePort('a#1/1', {
    say: (frame) => void said.push(frame),
    over: () => void over.calls++,
  });
  return { port, said, over };
}

describe('RemotePort', () => {
  it('sends the head of a stream and what is written in the same turn as one', async () => {
    const { port, said } = alone();
    port.open(['X-Name', 'value']);
    port.write('id: 1\n\n');
    port.write('one');
    expect(said).toEqual([]);
    await turn();
    const id = 'a#1/1';
    expect(said.splice(0)).toEqual([
      { type: 'open', id, headers: ['X-Name', 'value'], body: 'id: 1\n\none' },
    ]);
    port.write('two');
    port.write('three');
    await turn();
    port.write('four');
    port.end();
    expect(said).toEqual([
      { type: 'more', id, n: 1, body: 'twothree' },
      { type: 'more', id, n: 2, body: 'four' },
      { type: 'end', id, n: 2 },
    ]);
  });

  it.each([
    ['letters', 'x'.repeat(600_000)],
    ['characters of more than one unit', text(300_000)],
  ])('sends a long answer in parts of at most 256 KiB: of %s', (_of, body) => {
    const { port, said } = alone();
    port.send(200, ['X-Name', 'value'], body);
    const parts = said.map((frame) => ('body' in frame ? (frame.body ?? '') : ''));
    expect(parts.join('')).toBe(body);
    expect(said.length).toBeGreaterThan(3);
    for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(256 * 1024);
    const length = String(Buffer.byteLength(body));
    expect(said[0]).toMatchObject({
      type: 'send',
      status: 200,
      headers: ['X-Name', 'value', 'Content-Length', length],
    });
    expect(said.at(-1)).toEqual({ type: 'end', id: 'a#1/1', n: said.length - 2 });
    expect(port.unread).toBe(Number(length));
  });

  it('counts what was taken once, however often it is told', async () => {
    const { port, over } = alone();
    port.open([]);
    port.write('x'.repeat(1000));
    port.took(400);
    port.took(400);
    port.took(300);
    expect(port.unread).toBe(600);
    port.end();
    expect(over.calls).toBe(0);
    port.took(99_999);
    expect([port.unread, over.calls]).toEqual([0, 1]);
  });

  it('is over when its client has left, and says nothing more', async () => {
    const { port, said, over } = alone();
    let calls = 0;
    port.whenGone(() => calls++);
    port.open([]);
    port.write('unsaid');
    port.left();
    port.write('late');
    port.end();
    port.cut();
    await turn();
    expect(said).toEqual([]);
    expect([port.gone, port.unread, over.calls, calls]).toEqual([true, 0, 1, 1]);
  });
});
