import { atEndOfTurn } from './endOfTurn.ts';
import type { Message } from './messages.ts';

/** One end of what lies between two processes: `process` in a worker, a `ChildProcess` in its parent. */
export interface IpcEnd {
  /** @param written called when the message has left this process; with an error where it can not */
  send(message: unknown, written: (error?: Error | null) => void): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Told when the other process is gone, or has hung up. */
  onGone(listener: () => void): void;
}

/** `refused`: the message was not sent; `unsure`: the channel broke under it. */
export type Sent = 'sent' | 'refused' | 'unsure';

export interface ChannelOptions {
  /** Most bytes that wait to leave this process; what comes then is refused. @default 64 MiB */
  readonly maxWaitingBytes?: number;
  /** Runs a callback at the end of this turn of the event loop. @default the host's */
  readonly later?: (callback: () => void) => void;
}

const MAX_WAITING_BYTES = 64 * 1024 * 1024;
/** What a message weighs beside the bytes that it carries. */
const MESSAGE_BYTES = 128;
/** Under this name a batch goes: the program may send messages of its own. */
const BATCH = 'mcp-actors';

/** Messages that leave together, and whoever waits for that. */
class Batch {
  readonly messages: Message[] = [];
  readonly sent: Promise<Sent>;
  readonly settle: (sent: Sent) => void;
  bytes = 0;

  constructor() {
    let settle!: (sent: Sent) => void;
    this.sent = new Promise((resolve) => (settle = resolve));
    this.settle = settle;
  }
}

/**
 * Messages between the first process and one worker, in order: those of one turn of the event loop
 * leave together.
 */
export class Channel {
  readonly #end: IpcEnd;
  readonly #maxWaitingBytes: number;
  readonly #later: (callback: () => void) => void;
  readonly #listeners: ((message: Message) => void)[] = [];
  readonly #gone: (() => void)[] = [];
  readonly #leaving = new Set<Batch>();
  #next: Batch | null = null;
  #waitingBytes = 0;
  #isGone = false;

  constructor(end: IpcEnd, options: ChannelOptions = {}) {
    const { maxWaitingBytes = MAX_WAITING_BYTES, later = atEndOfTurn } = options;
    this.#end = end;
    this.#later = later;
    this.#maxWaitingBytes = maxWaitingBytes;
    end.onMessage((message) => this.#take(message));
    end.onGone(() => this.#lose());
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Bytes that have not left this process. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  onMessage(listener: (message: Message) => void): void {
    this.#listeners.push(listener);
  }

  onGone(listener: () => void): void {
    this.#gone.push(listener);
  }

  /**
   * Sends a message, behind all that were sent before.
   *
   * @param bytes of what the message carries
   * @returns what came of that, when it is known. Never rejects.
   */
  send(message: Message, bytes = 0): Promise<Sent> {
    const weight = bytes + MESSAGE_BYTES;
    if (this.#isGone || this.#waitingBytes + weight > this.#maxWaitingBytes) {
      return Promise.resolve('refused');
    }
    const batch = (this.#next ??= this.#begin());
    batch.messages.push(message);
    batch.bytes += weight;
    this.#waitingBytes += weight;
    return batch.sent;
  }

  #begin(): Batch {
    this.#later(() => this.#flush());
    return new Batch();
  }

  #flush(): void {
    const batch = this.#next;
    this.#next = null;
    if (batch === null) return;
    if (this.#isGone) return this.#settle(batch, 'refused');
    this.#leaving.add(batch);
    this.#end.send({ [BATCH]: batch.messages }, (error) => {
      const isSent = error === undefined || error === null;
      if (this.#leaving.delete(batch)) this.#settle(batch, isSent ? 'sent' : 'unsure');
    });
  }

  #settle(batch: Batch, sent: Sent): void {
    this.#waitingBytes -= batch.bytes;
    batch.settle(sent);
  }

  #take(message: unknown): void {
    for (const each of messagesIn(message)) {
      for (const listener of this.#listeners) listener(each);
    }
  }

  #lose(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    for (const batch of this.#leaving) this.#settle(batch, 'unsure');
    this.#leaving.clear();
    for (const listener of this.#gone) listener();
  }
}

/** What a process of ours has sent; nothing, where the message is the program's. */
function messagesIn(message: unknown): readonly Message[] {
  if (typeof message !== 'object' || message === null || !(BATCH in message)) return [];
  // Both ends are of one program: what has our name on it was sent by a channel.
  return message[BATCH] as readonly Message[];
}
