import { connect, type Socket } from 'node:net';
import { serve } from 'mcp-actors/node';
import { describe, expect, it, onTestFinished } from 'vitest';
import { isRequest } from '../../src/wire/jsonrpc.ts';
import { eventually } from '../support/eventually.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';
import type { WireClient } from '../support/wireClient.ts';

const ANSWER_BYTES = 16 * 1024 * 1024;
const CALLS = 8;

/** A client that asks and never reads. The kernel takes some of an answer, so answers are large. */
class Deaf {
  readonly sockets: Socket[] = [];
  readonly #port: number;
  readonly #session: string;

  constructor(port: number, client: WireClient) {
    this.#port = port;
    this.#session = client.id!;
  }

  ask(ids: readonly number[], accept: string): void {
    const socket = connect(this.#port, '127.0.0.1')
      .pause()
      .on('error', () => {});
    for (const id of ids) {
      const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'big' });
      const head = [
        'POST /mcp HTTP/1.1',
        'Host: localhost',
        'Content-Type: application/json',
        `Accept: ${accept}`,
        `Mcp-Session-Id: ${this.#session}`,
        `Content-Length: ${body.length}`,
      ];
      socket.write(`${head.join('\r\n')}\r\n\r\n${body}`);
    }
    this.sockets.push(socket);
  }
}

async function setUp() {
  // Flat from the beginning: a repeated string becomes as large as it is when it is first written.
  const answer = { data: Buffer.alloc(ANSWER_BYTES, 'x').toString('latin1') };
  let answered = 0;
  const world = new FakeRuntime({
    maxUnreadBytes: 1024 * 1024,
    closeTimeoutMs: 1000,
    hook: (message, server) => {
      if (!isRequest(message) || message.method !== 'big') return false;
      answered++;
      server.answer(message.id, answer);
      return true;
    },
  });
  const client = await world.open();
  const { port, close } = await serve(world.runtime, { port: 0, contain: false });
  const deaf = new Deaf(port, client);
  onTestFinished(async () => {
    for (const socket of deaf.sockets) socket.destroy();
    await Promise.all([close({ deadlineMs: 1 }), world.clock.elapse(10)]);
  });
  const heldBefore = held();
  const grown = (): number => held() - heldBefore;
  const all = Array.from({ length: CALLS }, (_, i) => i + 1);
  return { world, client, deaf, grown, all, answered: () => answered };
}

function held(): number {
  globalThis.gc!();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const STREAM = 'text/event-stream, application/json';
const JSON_FIRST = 'application/json, text/event-stream';

describe('answers that nobody reads', () => {
  it.each([
    ['as event streams', STREAM, false],
    ['as plain JSON', JSON_FIRST, false],
    ['pipelined on one line', JSON_FIRST, true],
  ])(
    '%s hold no more than one of them, and nothing once their session is over',
    async (_, accept, isPiped) => {
      const { world, client, deaf, grown, all, answered } = await setUp();
      if (isPiped) deaf.ask(all, accept);
      else for (const id of all) deaf.ask([id], accept);
      await eventually(() => answered() >= (isPiped ? 2 : CALLS));
      await eventually(() => grown() < ANSWER_BYTES * 2.5);
      expect(world.runtime.stats().limits['maxUnreadBytes']).toBeGreaterThan(0);
      expect((await client.delete()).status).toBe(204);
      await world.clock.elapse(1000);
      await eventually(() => grown() < ANSWER_BYTES / 2);
      expect(world.runtime.stats()).toMatchObject({ streams: 0, sessions: { total: 0 } });
    },
  );
});
