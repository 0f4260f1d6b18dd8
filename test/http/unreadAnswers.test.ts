import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Program } from '../support/program.ts';
import { type SmallWindow, SmallWindows } from '../support/smallWindows.ts';

const ANSWERS = 60;
const ANSWER_BYTES = 3_000_000;
const STREAM = 'text/event-stream, application/json';
const JSON_FIRST = 'application/json, text/event-stream';
/** What is held of 180 MB. */
const MOST_BYTES = 60 * 1000 * 1000;

interface Held {
  readonly held: number;
  readonly answered: number;
  readonly limits: Record<string, number>;
  readonly streams: number;
  readonly sessions: { readonly total: number };
}

/** A server in a process of its own, and one session of a client that asks and does not read. */
class Rig {
  readonly #url: string;
  readonly #control: string;
  readonly #windows: SmallWindows | null;
  session = '';

  private constructor(url: string, control: string, windows: SmallWindows | null) {
    this.#url = url;
    this.#control = `http://127.0.0.1:${control}`;
    this.#windows = windows;
  }

  static async start(windows: SmallWindows | null): Promise<Rig> {
    const node = [process.execPath, '--expose-gc', '--import', 'tsx'] as const;
    const child = new Program('test/support/unreadChild.ts', [], {}, [...node]);
    const [, url = '', control = ''] = await child.says(/(http:\S+) control (\d+) \./);
    const rig = new Rig(url, control, windows);
    const clientInfo = { name: 'deaf', version: '1' };
    const params = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo };
    const { headers } = await rig.post({ id: 0, method: 'initialize', params });
    rig.session = headers.get('mcp-session-id')!;
    await rig.post({ method: 'notifications/initialized' });
    // Once around, so that what is made once is there. A stream would leave its event to be resumed.
    await rig.post({ id: 1, method: 'big' });
    await rig.look();
    return rig;
  }

  get #headers(): Record<string, string> {
    return { 'content-type': 'application/json', 'mcp-session-id': this.session };
  }

  /** Asks and reads, on a connection of its own. */
  async post(message: object): Promise<Response> {
    const body = JSON.stringify({ jsonrpc: '2.0', ...message });
    const headers = { ...this.#headers, accept: JSON_FIRST };
    const response = await fetch(this.#url, { method: 'POST', headers, body });
    await response.text();
    return response;
  }

  delete(): Promise<Response> {
    return fetch(this.#url, { method: 'DELETE', headers: this.#headers });
  }

  async look(path = '/'): Promise<Held> {
    return (await (await fetch(`${this.#control}${path}`)).json()) as Held;
  }

  /** Waits until what the process holds is as it is to be. */
  async until(test: (held: Held) => boolean): Promise<Held> {
    for (let held = await this.look(); ; held = await this.look()) {
      if (test(held)) return held;
      await delay(100);
    }
  }

  connect(): Promise<SmallWindow> {
    return this.#windows!.connect(Number(new URL(this.#url).port));
  }

  #head(method: string, accept: string, more: readonly string[] = []): string {
    const named = `Mcp-Session-Id: ${this.session}`;
    const head = [`${method} /mcp HTTP/1.1`, 'Host: localhost', `Accept: ${accept}`, named];
    return `${[...head, ...more].join('\r\n')}\r\n\r\n`;
  }

  /** What asks for an answer of 3 MB. */
  big(id: number, accept: string): string {
    const body = JSON.stringify({ jsonrpc: '2.0', id, method: 'big' });
    const more = ['Content-Type: application/json', `Content-Length: ${body.length}`];
    return `${this.#head('POST', accept, more)}${body}`;
  }

  get(last?: string): string {
    const more = last === undefined ? [] : [`Last-Event-ID: ${last}`];
    return this.#head('GET', 'text/event-stream', more);
  }
}

/** Asks for sixty answers, each on a connection of its own. */
async function ask(rig: Rig, accept: string): Promise<void> {
  for (let id = 1; id <= ANSWERS; id++) await (await rig.connect()).send(rig.big(id, accept));
  await rig.until(({ answered }) => answered >= ANSWERS);
}

/** Asks for one answer on a stream, and comes back for it again and again. */
async function resume(rig: Rig): Promise<void> {
  const first = await rig.connect();
  await first.send(rig.big(1, STREAM));
  let text = '';
  while (!/^id: \S+\r?\n[^]*^id: /m.test(text)) text += await first.read(4096);
  const [, last] = /^id: (\S+)/m.exec(text)!;
  for (let i = 0; i < ANSWERS; i++) await (await rig.connect()).send(rig.get(last));
}

/** Opens the GET stream anew for each message of 3 MB. */
async function takeOver(rig: Rig): Promise<void> {
  for (let i = 0; i < ANSWERS; i++) {
    const socket = await rig.connect();
    await socket.send(rig.get());
    // The head is there: the stream is this one's.
    await socket.read(64);
    await rig.look('/say');
  }
}

/** Asks for all of them on one connection, behind a stream that never ends. */
async function pipeline(rig: Rig): Promise<void> {
  const socket = await rig.connect();
  await socket.send(rig.get());
  const asked = Array.from({ length: ANSWERS }, (_, i) => rig.big(i + 1, JSON_FIRST));
  await socket.send(asked.join(''));
  await rig.until(({ answered }) => answered > 4);
}

async function overFetch(rig: Rig): Promise<void> {
  for (let i = 0; i < ANSWERS; i++) {
    const accept = i % 2 === 0 ? STREAM : JSON_FIRST;
    await rig.look(`/fetch?session=${rig.session}&accept=${encodeURIComponent(accept)}`);
  }
}

const WAYS: [string, (rig: Rig) => Promise<void>][] = [['over fetch', overFetch]];
if (SmallWindows.areThere) {
  WAYS.unshift(
    ['as event streams', (rig) => ask(rig, STREAM)],
    ['as plain JSON', (rig) => ask(rig, JSON_FIRST)],
    ['by resuming one stream', resume],
    ['by taking over the GET stream', takeOver],
    ['pipelined behind the GET stream', pipeline],
  );
}

describe('sixty answers of 3 MB that one session leaves unread', () => {
  let windows: SmallWindows | null = null;
  beforeAll(() => {
    if (SmallWindows.areThere) windows = new SmallWindows();
  });
  afterAll(() => windows?.close());

  it.each(WAYS)(
    '%s: hold a few of them, are counted, keep nobody up, and are freed with their session',
    async (_, leave) => {
      const rig = await Rig.start(windows);
      const before = await rig.look();
      await leave(rig);
      const { held } = await rig.until(
        (now) =>
          now.held - before.held < MOST_BYTES &&
          Number(now.limits['maxUnreadBytes'] ?? now.limits['maxStreamBytes']) > 0,
      );
      expect((await rig.post({ id: 'ping', method: 'ping' })).status).toBe(200);
      const began = performance.now();
      expect((await rig.delete()).status).toBe(204);
      const deletedMs = performance.now() - began;
      const late = await rig.until((now) => now.held - before.held < ANSWER_BYTES);
      const freedMs = performance.now() - began;
      console.log(
        `${_}: +${((held - before.held) / 1e6).toFixed(1)} MB, DELETE ${deletedMs.toFixed(1)} ms, ` +
          `freed after ${freedMs.toFixed(0)} ms`,
      );
      // 100 ms on a machine with nothing else to do.
      expect(deletedMs).toBeLessThan(2000);
      expect(late).toMatchObject({ streams: 0, sessions: { total: 0 } });
    },
  );
});
