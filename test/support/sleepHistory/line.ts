import type { Channel, ChannelEnd, Wire } from '../../../src/adapters/channel.ts';
import type { Rpc } from '../reply.ts';
import type { Ledger } from './ledger.ts';
import type { Life } from './life.ts';

interface Asked {
  readonly id: number;
  readonly method: string;
  readonly known: ReadonlySet<number>;
  answers: number;
  isCancelled: boolean;
}

/** What a client on a line of its own hears: every word of its session, and the end of it. */
export class Line implements Wire {
  readonly carrier = 'websocket';
  readonly unread = 0;
  channel: Channel | undefined;
  life: Life | undefined;
  /** How it was ended from the other side. */
  endedBy: ChannelEnd | undefined;
  /** Its client has left. */
  hasLeft = false;
  readonly asked = new Map<number, Asked>();
  readonly #ledger: Ledger;
  /** Codes it may be refused with. */
  readonly #refusals: ReadonlySet<string>;

  constructor(ledger: Ledger, refusals: readonly string[]) {
    this.#ledger = ledger;
    this.#refusals = new Set(refusals);
  }

  get isOpen(): boolean {
    return this.endedBy === undefined && !this.hasLeft;
  }

  get isIdle(): boolean {
    return [...this.asked.values()].every(({ answers, isCancelled }) => answers > 0 || isCancelled);
  }

  ask(method: string): void {
    const id = this.#ledger.token();
    const { life } = this;
    const known = new Set(life?.acked.keys());
    if (method === 'add') life?.sent.add(id);
    if (method === 'boom') life?.causes.add('crashed');
    this.asked.set(id, { id, method, known, answers: 0, isCancelled: false });
    this.say({ id, method, params: { token: id } });
  }

  say(message: object): void {
    this.channel?.receive(JSON.stringify({ jsonrpc: '2.0', ...message }));
  }

  leave(): void {
    this.hasLeft = true;
    this.channel?.left();
  }

  send(json: string): void {
    const message = JSON.parse(json) as Rpc;
    this.#ledger.check(this.isOpen, () => `a line that is over was told ${json}`);
    if (message.method !== undefined) {
      const q = message.params?.['q'];
      if (typeof q === 'number') this.life?.questions.set(message.id!, q);
    } else if (typeof message.id === 'number') this.#hear(message);
  }

  end(reason: ChannelEnd): void {
    this.#ledger.check(this.endedBy === undefined, () => 'a line was ended twice');
    this.endedBy = reason;
  }

  async drained(): Promise<void> {}

  cut(): void {}

  whenGone(): void {}

  #hear({ id, result, error }: Rpc): void {
    const asked = this.asked.get(Number(id));
    const ledger = this.#ledger;
    const name = `${asked?.method} ${id} of ${this.life?.id}`;
    ledger.check(asked !== undefined, () => `${name} was never asked here`);
    if (asked === undefined) return;
    ledger.check(++asked.answers === 1 && !asked.isCancelled, () => `${name} was answered again`);
    if (error !== undefined) {
      const code = String(error.data?.['code']);
      ledger.check(this.#refusals.has(code), () => `${name} failed: ${code}`);
      return;
    }
    const { token, sid, tokens } = result as { token: number; sid: string; tokens: number[] };
    ledger.check(token === id && sid === this.life?.id, () => `${name} got another's answer`);
    for (const each of asked.known)
      ledger.check(tokens.includes(each), () => `${name} lost ${each}`);
    for (const each of tokens) {
      ledger.check(this.life?.sent.has(each) === true, () => `${name} has a foreign ${each}`);
    }
    if (asked.method === 'add') this.life?.acked.set(token, 0);
  }
}
