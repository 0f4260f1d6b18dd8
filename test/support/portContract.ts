import * as fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ResponsePort } from '../../src/wire/port.ts';
import { eventually, turn } from './eventually.ts';
import { brief, bytes, text } from './longTexts.ts';
import type { PortClient } from './portClient.ts';
import { PORT_DEED, PORT_OVERHEAD, PortLife } from './portLife.ts';
import { seeded } from './seeded.ts';

/** A way to make ports, each asked for by a client of its own. */
export interface PortRig {
  /** What a client may take, in bytes, without reading: a kernel's buffers. */
  readonly swallowed: number;
  /** A response that was just asked for. */
  open(): Promise<{ readonly port: ResponsePort; readonly client: PortClient }>;
}

const STREAM = ['Content-Type', 'text/event-stream'];
const JSON_TYPE = ['Content-Type', 'application/json'];
const CHUNK = 64 * 1024;

/** What every port does, in the order of the protocol and out of it. */
export function portContract(name: string, make: () => PortRig | Promise<PortRig>): void {
  let rig: PortRig | undefined;

  async function enter() {
    rig ??= await make();
    const { port, client } = await rig.open();
    onTestFinished(() => client.leave());
    let calls = 0;
    port.whenGone(() => calls++);
    const big = text(rig.swallowed + 4 * CHUNK);
    return { port, client, big, gone: () => calls };
  }

  describe(`${name} as a port`, () => {
    it('sends a whole answer, once', async () => {
      const { port, client, gone } = await enter();
      expect([port.gone, port.unread]).toEqual([false, 0]);
      port.send(200, [...JSON_TYPE, 'X-Name', 'value'], '{"é":1}');
      expect(port.gone).toBe(true);
      port.send(500, JSON_TYPE, 'again');
      port.open(STREAM);
      port.write('late');
      port.end();
      const received = await client.read(Infinity);
      expect(received).toMatchObject({ status: 200, body: bytes('{"é":1}'), isWhole: true });
      expect(received.headers).toMatchObject({ 'content-type': 'application/json' });
      expect(received.headers).toMatchObject({ 'x-name': 'value' });
      await eventually(() => gone() === 1);
      expect(port.unread).toBe(0);
    });

    it('sends an answer without a body', async () => {
      const { port, client } = await enter();
      port.send(202, []);
      expect(await client.read(Infinity)).toMatchObject({ status: 202, body: '', isWhole: true });
    });

    it('streams: the head first, then what is written, until the end', async () => {
      const { port, client, gone } = await enter();
      port.open(STREAM);
      expect(await client.read(0)).toMatchObject({ status: 200, body: '', isWhole: false });
      for (const word of ['one ', 'two ', 'three']) port.write(word);
      expect((await client.read(8)).body).toMatch(/^one two /);
      expect([port.gone, gone()]).toEqual([false, 0]);
      port.end();
      expect(port.gone).toBe(true);
      expect(await client.read(Infinity)).toMatchObject({ body: 'one two three', isWhole: true });
      await eventually(() => gone() === 1);
    });

    it('does nothing where there is no stream to write to', async () => {
      const { port, client, gone } = await enter();
      port.write('before');
      port.end();
      expect([port.gone, port.unread, gone()]).toEqual([false, 0, 0]);
      port.open(STREAM);
      port.open(['X-Again', '1']);
      port.send(500, JSON_TYPE, 'instead');
      port.write('said');
      port.end();
      port.end();
      port.write('after');
      port.open(STREAM);
      const { status, body, isWhole, headers } = await client.read(Infinity);
      expect([status, body, isWhole, headers['x-again']]).toEqual([200, 'said', true, undefined]);
      await eventually(() => gone() === 1);
    });

    it.each(['sent', 'ended'] as const)(
      'counts what is unread of a response that was %s, until it is read',
      async (how) => {
        const { port, client, big, gone } = await enter();
        fill(port, how, big);
        await settled();
        expect(port.gone).toBe(true);
        expect(port.unread).toBeGreaterThan(CHUNK);
        expect(port.unread).toBeLessThanOrEqual(bytes(big).length + PORT_OVERHEAD);
        await client.read(bytes(big).length - CHUNK);
        // To the nearest chunk: what the client has taken is not counted as one block.
        await eventually(() => port.unread <= 3 * CHUNK);
        const { body, isWhole } = await client.read(Infinity);
        expect([isWhole, brief(body)]).toEqual([true, brief(bytes(big))]);
        await eventually(() => port.unread === 0 && gone() === 1);
      },
    );

    it.each(['opened', 'sent', 'ended'] as const)(
      'drops what is unread of a response that was %s when it is cut',
      async (how) => {
        const { port, client, big, gone } = await enter();
        fill(port, how, big);
        await settled();
        port.cut();
        expect([port.unread, port.gone]).toEqual([0, true]);
        port.cut();
        port.write('after');
        port.end();
        const { body, isWhole } = await client.read(Infinity);
        expect([isWhole, bytes(big).startsWith(body)]).toEqual([false, true]);
        await eventually(() => gone() === 1);
        expect(port.unread).toBe(0);
      },
    );

    it('is cut before there is a head', async () => {
      const { port, client, gone } = await enter();
      port.cut();
      port.send(200, JSON_TYPE, 'late');
      port.open(STREAM);
      port.write('late');
      const { status, body } = await client.read(Infinity);
      expect([status === 200, body, port.gone]).toEqual([false, '', true]);
      await eventually(() => gone() === 1);
    });

    it.each(['opened', 'sent', 'ended'] as const)(
      'drops what is unread of a response that was %s when its client leaves',
      async (how) => {
        const { port, client, big, gone } = await enter();
        fill(port, how, big);
        await settled();
        const drained = port.drained();
        await client.leave();
        await eventually(() => port.gone && gone() === 1);
        expect(port.unread).toBe(0);
        await drained;
        await port.drained();
        for (const late of [() => port.write('late'), () => port.end(), () => port.cut()]) late();
        await settled();
        expect([port.unread, gone()]).toEqual([0, 1]);
      },
    );

    it.each(['asked for', 'opened'] as const)(
      'tells whoever asks after its client has left a response that was %s',
      async (how) => {
        const { port, client, gone } = await enter();
        if (how === 'opened') port.open(STREAM);
        await client.leave();
        await eventually(() => port.gone && gone() === 1);
        let told = 0;
        port.whenGone(() => told++);
        await eventually(() => told === 1);
        await settled();
        expect(told).toBe(1);
      },
    );

    it('is drained while there is room, and when the client has made some', async () => {
      const { port, client, big } = await enter();
      port.open(STREAM);
      await port.drained();
      port.write(big);
      await settled();
      let count = 0;
      const [first, second] = [port.drained(), port.drained()].map(async (drained) => {
        await drained;
        count++;
      });
      await settled();
      expect(count).toBe(0);
      await client.read(bytes(big).length);
      await Promise.all([first, second]);
      await port.drained();
      expect(port.gone).toBe(false);
    });

    it.each(['end', 'cut'] as const)('is drained at the %s', async (how) => {
      const { port, big } = await enter();
      port.open(STREAM);
      port.write(big);
      await settled();
      const drained = port.drained();
      port[how]();
      await drained;
      await port.drained();
      expect(port.gone).toBe(true);
    });

    it('calls each callback back once, also one that comes late', async () => {
      const { port, client } = await enter();
      let calls = 0;
      for (let i = 0; i < 8; i++) port.whenGone(() => calls++);
      port.open(STREAM);
      port.end();
      await client.read(Infinity);
      await eventually(() => calls === 8);
      port.whenGone(() => calls++);
      await eventually(() => calls === 9);
      port.cut();
      await settled();
      expect(calls).toBe(9);
    });

    it('holds to all of it in any order of calls', async () => {
      expect.hasAssertions();
      await seeded(
        fc.asyncProperty(fc.array(PORT_DEED, { maxLength: 12 }), async (deeds) => {
          rig ??= await make();
          expect(await new PortLife(await rig.open()).live(deeds)).toEqual([]);
        }),
        100,
      );
    });
  });
}

/** @param body more than the client takes without reading */
function fill(port: ResponsePort, how: 'opened' | 'sent' | 'ended', body: string): void {
  if (how === 'sent') return port.send(200, JSON_TYPE, body);
  port.open(STREAM);
  // By characters: a frame never ends in the middle of one.
  for (const frame of body.match(/.{1,100000}/gsu) ?? []) port.write(frame);
  if (how === 'ended') port.end();
}

/** Long enough for what is on its way in this process. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn();
}
