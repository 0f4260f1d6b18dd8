import { describe, expect, it } from 'vitest';
import { FetchPort } from '../../src/http/fetchPort.ts';
import type { PortClient, Received } from '../support/portClient.ts';
import { portContract, type PortRig } from '../support/portContract.ts';

type Leave = (client: FetchClient) => void;

/** A host that reads the body of a response as a test lets it. */
class FetchClient implements PortClient {
  readonly port: FetchPort;
  readonly controller = new AbortController();
  readonly #leave: Leave;
  #body = '';
  #isWhole = false;
  #isBroken = false;
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined;

  constructor(leave: Leave) {
    this.port = new FetchPort(this.controller.signal, []);
    this.#leave = leave;
  }

  async read(bytes: number): Promise<Received> {
    const response = await this.port.response;
    this.#reader ??= response.body?.getReader();
    while (this.#body.length < bytes && !this.#isWhole && !this.#isBroken) await this.#next();
    const headers = Object.fromEntries(response.headers);
    return { status: response.status, headers, body: this.#body, isWhole: this.#isWhole };
  }

  async leave(): Promise<void> {
    this.#leave(this);
  }

  async cancel(): Promise<void> {
    const { body } = await this.port.response;
    await (this.#reader ?? body)?.cancel();
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

function rig(leave: Leave): PortRig {
  return {
    swallowed: 0,
    async open() {
      const client = new FetchClient(leave);
      return { port: client.port, client };
    },
  };
}

portContract('FetchPort of a request that is aborted', () =>
  rig((client) => client.controller.abort()),
);

describe('FetchPort', () => {
  it('answers a long body as a stream of its own length, a short one as text', async () => {
    for (const length of [16 * 1024, 200_000]) {
      const port = new FetchPort(new AbortController().signal, []);
      port.send(200, ['Content-Type', 'application/json'], 'é'.repeat(length));
      const response = await port.response;
      const declared = response.headers.get('content-length');
      expect(declared).toBe(length > 16 * 1024 ? String(2 * length) : null);
      expect(await response.text()).toBe('é'.repeat(length));
      expect(port.unread).toBe(0);
    }
  });

  it('lets go of what a host cancels', async () => {
    const port = new FetchPort(new AbortController().signal, []);
    let calls = 0;
    port.whenGone(() => calls++);
    port.send(200, [], 'x'.repeat(200_000));
    expect([port.unread, calls]).toEqual([200_000, 0]);
    await (await port.response).body?.cancel();
    expect([port.unread, calls]).toEqual([0, 1]);
  });

  it('ends the body of a request that is aborted, and drops what is left', async () => {
    const controller = new AbortController();
    const port = new FetchPort(controller.signal, []);
    port.send(200, [], 'x'.repeat(200_000));
    controller.abort();
    expect(port.unread).toBe(0);
    expect(await (await port.response).text()).toBe('');
  });
});
