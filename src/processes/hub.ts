import { ActorsError } from '../base/errors.ts';
import type { Engine, Incarnation, SessionWrite, Space } from '../cluster/engine.ts';
import type { EngineMemory } from '../cluster/memory/engineMemory.ts';
import { MemoryConnection, type MemoryConnectionHost } from '../cluster/memoryEngine.ts';
import type { Channel } from './channel.ts';
import { bytesIn, keepWrite, kept } from './kept.ts';
import { type Asked, ENGINE_METHODS, type Message, SPACE_METHODS } from './messages.ts';

/**
 * What the workers have in common, in the memory of the first process: who has which session, and the
 * way of their frames.
 */
export class Hub {
  readonly #host: MemoryConnectionHost;
  readonly #seats = new Set<Seat>();

  /** @param host the memory that answers now */
  constructor(host: MemoryConnectionHost) {
    this.#host = host;
  }

  get memory(): EngineMemory {
    return this.#host.memory;
  }

  /** Answers what one worker asks. */
  seat(channel: Channel): Seat {
    const seat = new Seat(this, channel);
    this.#seats.add(seat);
    return seat;
  }

  /** Hands a frame on. @returns how many hear the frame; `undefined`: that can not be known */
  async pass(to: Incarnation, frame: Buffer): Promise<number | undefined> {
    const listeners = [...this.#seats].filter((seat) => seat.hears(to));
    const counts = await Promise.all(listeners.map((seat) => seat.hand(to, frame)));
    return counts.reduce((sum: number | undefined, count) => {
      return sum === undefined || count === undefined ? undefined : sum + count;
    }, 0);
  }

  leave(seat: Seat): void {
    this.#seats.delete(seat);
  }
}

/** The place of one worker at the hub. */
export class Seat {
  readonly #hub: Hub;
  readonly #channel: Channel;
  readonly #engine: Engine;
  readonly #inboxes = new Set<Incarnation>();
  /** The incarnations that have had a lease and have not left. */
  readonly #joined = new Set<Incarnation>();
  #isOver = false;

  constructor(hub: Hub, channel: Channel) {
    this.#hub = hub;
    this.#channel = channel;
    this.#engine = new MemoryConnection({
      get memory() {
        return hub.memory;
      },
    });
    channel.onMessage((message) => this.#take(message));
    channel.onGone(() => this.#inboxes.clear());
  }

  hears(as: Incarnation): boolean {
    return this.#inboxes.has(as);
  }

  /** Hands a frame to the worker: it is heard when it has left this process. */
  async hand(to: Incarnation, frame: Buffer): Promise<number | undefined> {
    const sent = await this.#channel.send({ type: 'frame', to, frame }, frame.length);
    if (sent === 'unsure') return undefined;
    return sent === 'sent' ? 1 : 0;
  }

  /** The process of the worker has ended: its leases are over, and what it still asks counts for nothing. */
  ended(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#hub.leave(this);
    for (const incarnation of this.#joined) this.#hub.memory.endLease(incarnation);
  }

  #take(message: Message): void {
    if (message.type === 'ask') void this.#answer(message.id, message.asked);
  }

  async #answer(id: number, asked: Asked): Promise<void> {
    try {
      const value = await this.#ask(asked);
      await this.#channel.send({ type: 'answer', id, value }, bytesIn(value));
    } catch (error) {
      const { code, message } = refusalOf(error);
      await this.#channel.send({ type: 'refusal', id, code, message });
    }
  }

  async #ask(asked: Asked): Promise<unknown> {
    if (this.#isOver) throw new ActorsError('store-unavailable', 'The process has ended');
    if (asked.of === 'link') return this.#link(asked);
    const { args } = asked;
    if (asked.of === 'engine') {
      const { method } = asked;
      if (!ENGINE_METHODS.includes(method)) throw unknown(method);
      const [incarnation] = args as readonly [Incarnation];
      if (method === 'join') this.#join(incarnation);
      if (method === 'leave') this.#joined.delete(incarnation);
      return callOf(this.#engine, method)(...args.map(kept));
    }
    const { method } = asked;
    if (!SPACE_METHODS.includes(method)) throw unknown(method);
    const space = this.#engine.space(asked.space);
    if (method !== 'write') return callOf(space, method)(...args);
    const [by, batch] = args as readonly [Incarnation, readonly SessionWrite[]];
    return space.write(by, batch.map(keepWrite));
  }

  /** Remembers a lease, and forgets those that are over: a process that stood still begins another. */
  #join(as: Incarnation): void {
    const { memory } = this.#hub;
    for (const each of this.#joined) if (memory.leftMs(each) === 0) this.#joined.delete(each);
    this.#joined.add(as);
  }

  async #link({ method, args }: Asked & { readonly of: 'link' }): Promise<unknown> {
    const [as, frame] = args as readonly [Incarnation, Buffer];
    if (method === 'send') return this.#hub.pass(as, frame);
    if (method === 'listen') this.#inboxes.add(as);
    else if (method === 'deafen') this.#inboxes.delete(as);
    else this.#inboxes.clear();
    return undefined;
  }
}

type Call = (...args: readonly unknown[]) => Promise<unknown>;

/** A method by its name: the worker is of this program, and its arguments are those of the port. */
function callOf<T extends Engine | Space>(of: T, method: keyof T): Call {
  return (of[method] as Call).bind(of);
}

function unknown(method: string): ActorsError {
  return new ActorsError('store-unavailable', `The first process knows no ${method}`);
}

function refusalOf(error: unknown): Pick<ActorsError, 'code' | 'message'> {
  if (error instanceof ActorsError) return error;
  return { code: 'store-unavailable', message: String(error) };
}
