import * as fc from 'fast-check';
import { createRuntime, type Runtime } from 'mcp-actors';
import { describe, expect, it } from 'vitest';
import { SESSION_REVISIONS } from '../../src/wire/versions.ts';
import { type Door, openDoor } from '../support/door.ts';
import { eventually } from '../support/eventually.ts';
import { serverV1, serverV2 } from '../support/fuzzServers.ts';
import { hostileBodies } from '../support/hostileMessages.ts';
import { RawClient, request } from '../support/rawClient.ts';
import type { Reply } from '../support/reply.ts';
import { VirtualClock } from '../support/virtualClock.ts';

/** A guard, not a wait: nothing here takes a tenth of a second. */
const HANG_MS = 5000;

async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const hang = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no end of ${what}`)), HANG_MS);
  });
  try {
    return await Promise.race([promise, hang]);
  } finally {
    clearTimeout(timer);
  }
}

interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: { readonly requestId?: unknown };
}

/** The messages a body holds, as far as it is JSON and they are objects. */
function messagesIn(body: string): Message[] {
  try {
    const value = JSON.parse(body) as unknown;
    const all: unknown[] = Array.isArray(value) ? value : [value];
    return all.filter((each): each is Message => typeof each === 'object' && each !== null);
  } catch {
    return [];
  }
}

const idsAskedIn = (body: string): unknown[] =>
  messagesIn(body)
    .filter((each) => 'id' in each && 'method' in each)
    .map(({ id }) => id);

/** A POST accepted with 200 carries one answer to each of its requests, and to nothing else. */
function expectAnswers(body: string, reply: Reply, cancelled: ReadonlySet<unknown>): void {
  expect(reply.status).toBeLessThan(500);
  expect(reply.end).toBe('ended');
  if (reply.status !== 200) return;
  const answered = reply.messages.filter(({ method }) => method === undefined).map(({ id }) => id);
  const asked = idsAskedIn(body).filter(
    (id) => !cancelled.has(id) || answered.includes(id as never),
  );
  expect(new Set(answered)).toEqual(new Set(asked));
  expect(answered).toHaveLength(asked.length);
}

describe.each([
  ['v1', serverV1],
  ['v2', serverV2],
] as const)('a session with a server of the SDK %s', (_sdk, server) => {
  it('answers every POST, whatever is in it, and is as good as new afterwards', async () => {
    const runtime: Runtime = createRuntime<unknown>({ server, clock: new VirtualClock() });
    const door: Door = await openDoor('fetch', runtime);
    let accepted = 0;
    const property = fc.asyncProperty(
      fc.constantFrom(...SESSION_REVISIONS),
      fc.array(hostileBodies, { minLength: 1, maxLength: 8 }),
      async (version, bodies) => {
        const client = await new RawClient(door, { version }).connect();
        const cancelled = new Set(
          bodies.flatMap(messagesIn).map(({ params }) => params?.requestId),
        );
        const replies = await Promise.all(bodies.map((body) => within(body, client.ask(body))));
        for (const [i, reply] of replies.entries()) expectAnswers(bodies[i]!, reply, cancelled);
        accepted += replies.filter(({ status }) => status === 200).length;
        const ping = await within('a ping', client.ask(request('afterwards', 'ping')));
        expect(ping.message).toEqual({ jsonrpc: '2.0', id: 'afterwards', result: {} });
        await within(
          'what is in flight',
          eventually(() => runtime.stats().inFlight === 0),
        );
        await client.delete();
      },
    );
    await fc.assert(property, { numRuns: 800, endOnFailure: false });
    expect(runtime.stats()).toMatchObject({ crashes: 0, streams: 0, sessions: { total: 0 } });
    // The property says nothing unless much of it got through.
    expect(accepted).toBeGreaterThan(400);
    await door.close();
  }, 120_000);
});
