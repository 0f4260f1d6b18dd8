import type { WebSocket } from 'ws';
import type { Clock } from '../../base/clock.ts';
import { laterTurn } from '../../base/turns.ts';
import type { Incarnation } from '../engine.ts';
import { type Greeted, Greeting, type GreetingHost } from './greeting.ts';

/** First bytes of messages between nodes that have proved themselves. */
const DATA = 3;
/** For each frame that came: whether somebody heard the frame. */
const RECEIPT = 4;
/** The mark came by the old way: everything that was sent there before is here. */
const ARRIVED = 5;

/** How long two nodes may take to prove themselves, and a node to say goodbye. */
const GREETING_MS = 2000;
const CLOSE_MS = 1000;
/** How long a mark may be on its way. */
const MARK_MS = 2000;

export interface PeerConnectionHost extends Omit<
  GreetingHost,
  'send' | 'proved' | 'failed' | 'done'
> {
  readonly clock: Clock;
  /** How often the other end is asked for a sign of life; it has as long again to give one. */
  readonly pingMs: number;
  /** Frames may come. */
  proved(connection: PeerConnection): void;
  /** Frames may go. */
  opened(connection: PeerConnection): void;
  /** A frame goes this way. */
  sent(bytes: number): void;
  /** @returns whether somebody listens */
  take(to: Incarnation, frame: Buffer): boolean;
  /** Told once, also of a connection that never opened. */
  closed(connection: PeerConnection): void;
}

/** A WebSocket between two nodes. What the other node has taken in, it says. */
export class PeerConnection {
  readonly #socket: WebSocket;
  readonly #host: PeerConnectionHost;
  readonly #greeting: Greeting;
  /** Who waits to hear what came of frames, in order. */
  readonly #unheard: ((heard: number | undefined) => void)[] = [];
  /** Marks of this node that the other one has taken in. */
  #arrivals = 0;
  #onArrival: () => void = () => {};
  #receipt: number[] = [];
  #greeted: Greeted | undefined;
  #isOpen = false;
  #isClosed = false;
  #hasSpoken = true;
  #timer: unknown;

  constructor(socket: WebSocket, host: PeerConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    this.#greeting = new Greeting({
      ...host,
      send: (message) => socket.send(message),
      proved: (greeted) => {
        this.#greeted = greeted;
        host.proved(this);
      },
      done: () => this.#open(),
      failed: () => socket.terminate(),
    });
    socket.on('message', (message: Buffer) => this.#take(message));
    socket.on('pong', () => (this.#hasSpoken = true));
    socket.on('close', () => this.#close());
    if (socket.readyState === socket.OPEN) this.#greeting.begin();
    else socket.on('open', () => this.#greeting.begin());
    this.#timer = host.clock.setTimeout(() => socket.terminate(), GREETING_MS);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What is known of the other node; `undefined` before the other node has proved itself. */
  get greeted(): Greeted | undefined {
    return this.#greeted;
  }

  /** @returns 1: the other node has the frame and somebody listens, 0: nobody; `undefined`: unknown */
  send(to: Incarnation, frame: Buffer): Promise<number | undefined> {
    if (!this.#isOpen) return Promise.resolve(undefined);
    this.#host.sent(frame.length);
    const name = Buffer.from(to);
    this.#socket.send(Buffer.concat([Buffer.of(DATA, name.length), name, frame]));
    return new Promise((settle) => this.#unheard.push(settle));
  }

  /**
   * Resolves when the other node has taken in so many of this node's marks, or the connection is closed,
   * as happens where a mark does not come.
   */
  async arrivals(count: number): Promise<void> {
    const { clock } = this.#host;
    const timer = clock.setTimeout(() => this.cut(), MARK_MS);
    while (this.#arrivals < count && this.#isOpen) {
      await new Promise<void>((resolve) => (this.#onArrival = resolve));
    }
    clock.clearTimeout(timer);
  }

  /** Says that the other node's mark has come by the old way. */
  arrived(): void {
    if (!this.#isClosed) this.#socket.send(Buffer.of(ARRIVED));
  }

  /** Ends the connection when what was sent is on its way. */
  close(): void {
    this.#isOpen = false;
    this.#onArrival();
    this.#socket.close();
    this.#host.clock.clearTimeout(this.#timer);
    this.#timer = this.#host.clock.setTimeout(() => this.#socket.terminate(), CLOSE_MS);
  }

  /** Drops the connection. */
  cut(): void {
    this.#socket.terminate();
  }

  #open(): void {
    if (this.#isOpen || this.#isClosed) return;
    this.#isOpen = true;
    this.#host.clock.clearTimeout(this.#timer);
    this.#watch();
    this.#host.opened(this);
  }

  #take(message: Buffer): void {
    this.#hasSpoken = true;
    const [type = -1] = message;
    if (type < DATA) return this.#greeting.take(message);
    if (this.#greeted === undefined) return this.cut();
    if (type === DATA) this.#deliver(message);
    else if (type === RECEIPT) this.#settle(message.subarray(1));
    else if (type === ARRIVED) this.#hearOfMark();
  }

  #deliver(message: Buffer): void {
    const frameAt = 2 + (message[1] ?? 0);
    const isHeard = this.#host.take(
      message.toString('utf8', 2, frameAt),
      message.subarray(frameAt),
    );
    // What came together is confirmed together.
    if (this.#receipt.length === 0) queueMicrotask(() => this.#confirm());
    this.#receipt.push(isHeard ? 1 : 0);
  }

  #confirm(): void {
    const receipt = this.#receipt;
    this.#receipt = [];
    if (!this.#isClosed) this.#socket.send(Buffer.from([RECEIPT, ...receipt]));
  }

  #hearOfMark(): void {
    this.#arrivals++;
    this.#onArrival();
  }

  #settle(receipt: Buffer): void {
    const heard = this.#unheard.splice(0, receipt.length);
    for (const [n, settle] of heard.entries()) settle(receipt[n]);
  }

  /** Drops the connection where nothing comes any more. */
  #watch(): void {
    const { clock, pingMs } = this.#host;
    this.#hasSpoken = false;
    this.#socket.ping();
    this.#timer = clock.setTimeout(() => void this.#judge(), pingMs);
  }

  async #judge(): Promise<void> {
    // A process that was stopped itself reads first what has come meanwhile.
    if (!this.#hasSpoken) await laterTurn(this.#host.clock);
    if (!this.#isOpen) return;
    if (this.#hasSpoken) this.#watch();
    else this.cut();
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isOpen = false;
    this.#host.clock.clearTimeout(this.#timer);
    for (const settle of this.#unheard.splice(0)) settle(undefined);
    this.#onArrival();
    this.#host.closed(this);
  }
}
