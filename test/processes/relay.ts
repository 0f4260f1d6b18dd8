import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Channel, type ChannelOptions, type IpcEnd } from '../../src/processes/channel.ts';

/** What the other process does: says again what it is told. */
const ECHO = 'process.on("message", (said) => process.send(said));';

interface Said {
  /** Which end hears it. */
  readonly end: number;
  readonly message: unknown;
}

/** A process through which both ends of a channel talk: what arrives has crossed a real channel. */
export class Relay {
  readonly #child: ChildProcess;
  readonly #listeners = new Map<number, ((message: unknown) => void)[]>();
  readonly #gone: (() => void)[] = [];
  #ends = 0;

  constructor() {
    this.#child = spawn(process.execPath, ['-e', ECHO], {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    this.#child.on('message', (said) => {
      const { end, message } = said as unknown as Said;
      for (const listener of this.#listeners.get(end) ?? []) listener(message);
    });
    this.#child.on('disconnect', () => {
      for (const listener of this.#gone) listener();
    });
  }

  /** Both ends of a channel. */
  pair(options?: ChannelOptions): { readonly worker: Channel; readonly first: Channel } {
    const [one, other] = [this.#ends++, this.#ends++];
    return {
      worker: new Channel(this.#end(one, other), options),
      first: new Channel(this.#end(other, one), options),
    };
  }

  /** The process takes nothing more, and lives. */
  freeze(): void {
    this.#child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  /** Every channel breaks. */
  async end(): Promise<void> {
    if (!this.#child.connected) return;
    const gone = once(this.#child, 'disconnect');
    this.#child.kill('SIGKILL');
    await gone;
  }

  #end(as: number, to: number): IpcEnd {
    return {
      send: (message, written) => void this.#child.send({ end: to, message }, written),
      onMessage: (listener) => {
        this.#listeners.set(as, [...(this.#listeners.get(as) ?? []), listener]);
      },
      onGone: (listener) => void this.#gone.push(listener),
    };
  }
}
