import * as fc from 'fast-check';
import type { ResponsePort } from '../../src/wire/port.ts';
import { eventually } from './eventually.ts';
import { brief, bytes, text } from './longTexts.ts';
import type { PortClient } from './portClient.ts';

/** Heads and the framing of chunks, in bytes. */
export const PORT_OVERHEAD = 16 * 1024;

const SIZE = fc.oneof(fc.nat(500), fc.integer({ min: 15_000, max: 300_000 }));
/** Something that a holder or a client does with a port. */
export const PORT_DEED = fc.oneof(
  fc.record({ do: fc.constantFrom('send', 'write', 'read'), size: SIZE }),
  fc.record({ do: fc.constantFrom('open', 'end'), size: fc.constant(0) }),
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('cut', 'leave'), size: fc.constant(0) }),
  },
);

/** One port, what is done with it, and what has to be true of it then. */
export class PortLife {
  readonly #port: ResponsePort;
  readonly #client: PortClient;
  #calls = 0;
  #begun: 'stream' | 'whole' | undefined;
  #written = '';
  #isGone = false;
  #isDropped = false;
  #count = 0;
  readonly #faults: string[] = [];

  constructor({ port, client }: { readonly port: ResponsePort; readonly client: PortClient }) {
    this.#port = port;
    this.#client = client;
    port.whenGone(() => this.#calls++);
  }

  /** @returns what was wrong */
  async live(deeds: readonly { readonly do: string; readonly size: number }[]): Promise<string[]> {
    for (const deed of deeds) {
      await this.#perform(deed.do, deed.size);
      this.#look(`after ${deed.do}`);
    }
    if (this.#begun === undefined) await this.#perform('cut', 0);
    await this.#perform('end', 0);
    const { body, isWhole } = await this.#client.read(Infinity);
    const written = bytes(this.#written);
    const isRight = this.#isDropped ? written.startsWith(body) : isWhole && body === written;
    if (!isRight) this.#faults.push(`the client got ${brief(body)} of ${brief(written)}`);
    await eventually(() => this.#port.unread === 0 && this.#calls > 0);
    await this.#client.leave();
    if (this.#calls !== 1) this.#faults.push(`called back ${this.#calls} times`);
    return this.#faults;
  }

  #look(when: string): void {
    const { gone, unread } = this.#port;
    if (gone !== this.#isGone) this.#faults.push(`gone is ${gone} ${when}`);
    const most = this.#isDropped ? 0 : bytes(this.#written).length + PORT_OVERHEAD;
    if (unread > most) this.#faults.push(`unread is ${unread} ${when}, of at most ${most}`);
  }

  async #perform(deed: string, size: number): Promise<void> {
    const port = this.#port;
    const words = text(size);
    switch (deed) {
      case 'send':
        port.send(200, [], words);
        if (this.#isGone || this.#begun !== undefined) return;
        this.#begun = 'whole';
        this.#written = words;
        this.#isGone = true;
        return;
      case 'open':
        port.open([]);
        if (!this.#isGone) this.#begun ??= 'stream';
        return;
      case 'write':
        port.write(words);
        if (!this.#isGone && this.#begun === 'stream') this.#written += words;
        return;
      case 'end':
        port.end();
        if (this.#begun === 'stream') this.#isGone = true;
        return;
      case 'cut':
        port.cut();
        this.#isDropped = true;
        this.#isGone = true;
        return;
      case 'leave':
        await this.#client.leave();
        this.#isDropped = true;
        this.#isGone = true;
        await eventually(() => port.gone && port.unread === 0);
        return;
      case 'read':
        // Of a response without a head there is nothing to read, ever.
        if (this.#begun === undefined) return;
        this.#count += Math.min(size, bytes(this.#written).length - this.#count);
        if (!this.#isDropped) await this.#client.read(this.#count);
    }
  }
}
