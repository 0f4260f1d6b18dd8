import { ActorsError } from '../base/errors.ts';
import { type Timer, within } from '../base/within.ts';
import { type Arg, type Client, type ClientHost, isReply } from './client.ts';
import { refusalOf } from './refusalOf.ts';
import type { Script } from './scripts.ts';

export interface LinkHost {
  /** Makes the client: once, when it is needed first. */
  connect(host: ClientHost): Promise<Client>;
  /** How long one question may take. */
  readonly timer: Timer;
  /** A moment, before what failed with its connection is tried again. */
  pause(): Promise<void>;
  /** A fresh connection can be used: it may lead to another server than the one before. */
  renewed(): void;
}

/** A question that waits for its answer. */
interface Asking {
  isOver: boolean;
  client: Client | null;
  /** Answers that the client had when the question was sent. */
  answers: number;
}

interface Waiting {
  readonly resolve: (client: Client) => void;
  readonly reject: (error: ActorsError) => void;
}

/**
 * Asks Redis, each question within its time. A question whose connection is lost is sent again on the
 * next one: every script may run twice. What takes too long is given up together with a connection
 * on which nothing comes any more, so nothing piles up before a server that is stuck.
 */
export class Link {
  readonly #host: LinkHost;
  #isOpening = false;
  #client: Client | null = null;
  readonly #waiting = new Set<Waiting>();
  /** Why there is no connection: what the last one failed with first. */
  #failure: Error | undefined;
  #isFailureOld = false;
  #isClosed = false;

  constructor(host: LinkHost) {
    this.#host = host;
  }

  get isCluster(): boolean {
    return this.#client?.isCluster === true;
  }

  get isReady(): boolean {
    return this.#client?.isReady === true;
  }

  /** Runs a script on one key. @throws ActorsError `store-unavailable`, `driver-missing` */
  async run({ sha, source }: Script, key: string, args: readonly Arg[]): Promise<unknown> {
    return this.#ask(async (client) => {
      try {
        return await client.command('evalsha', sha, 1, key, ...args);
      } catch (error) {
        if (!isReply(error) || !error.message.startsWith('NOSCRIPT')) throw error;
        return await client.command('eval', source, 1, key, ...args);
      }
    });
  }

  /** Sends a command. @throws ActorsError `store-unavailable`, `driver-missing` */
  async command(name: string, ...args: readonly Arg[]): Promise<unknown> {
    return this.#ask((client) => client.command(name, ...args));
  }

  close(): void {
    this.#isClosed = true;
    this.#client?.close();
    this.#turnAway(closed());
  }

  async #ask(question: (client: Client) => Promise<unknown>): Promise<unknown> {
    const asking: Asking = { isOver: false, client: null, answers: 0 };
    const late = (): ActorsError => this.#late(asking);
    try {
      return await within(this.#tries(question, asking), this.#host.timer, late);
    } finally {
      asking.isOver = true;
    }
  }

  async #tries(question: (client: Client) => Promise<unknown>, asking: Asking): Promise<unknown> {
    for (;;) {
      const client = await this.#ready();
      if (asking.isOver) return undefined;
      asking.client = client;
      asking.answers = client.answers;
      try {
        return await question(client);
      } catch (error) {
        if (isReply(error)) throw this.#refused(client, error);
        // A connection that is about to close still says that it is ready.
        await this.#host.pause();
      }
    }
  }

  #refused(client: Client, error: Error): ActorsError {
    // A failover has made it a replica: the address may lead to the new master by now.
    if (error.message.startsWith('READONLY')) client.drop();
    return refusalOf(error);
  }

  async #ready(): Promise<Client> {
    if (this.#isClosed) throw closed();
    if (this.#client?.isReady === true) return this.#client;
    return new Promise<Client>((resolve, reject) => {
      this.#waiting.add({ resolve, reject });
      if (!this.#isOpening) void this.#open();
    });
  }

  async #open(): Promise<void> {
    this.#isOpening = true;
    try {
      const client = await this.#host.connect({
        ready: () => this.#renew(),
        failed: (error) => this.#fail(error),
        closed: () => (this.#isFailureOld = true),
      });
      if (this.#isClosed) client.close();
      this.#client = client;
      if (client.isReady) this.#renew();
    } catch (error) {
      this.#isOpening = false;
      this.#turnAway(error instanceof ActorsError ? error : refusalOf(error));
    }
  }

  #renew(): void {
    const client = this.#client;
    if (client === null) return;
    this.#failure = undefined;
    this.#host.renewed();
    for (const { resolve } of this.#waiting) resolve(client);
    this.#waiting.clear();
  }

  #fail(error: Error): void {
    if (this.#failure === undefined || this.#isFailureOld) this.#failure = error;
    this.#isFailureOld = false;
    // The server is there, and lets nobody in: waiting would not help.
    if (isReply(error)) this.#turnAway(refusalOf(error));
  }

  #turnAway(error: ActorsError): void {
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting.clear();
  }

  #late({ client, answers }: Asking): ActorsError {
    if (client?.isReady === true && client.answers === answers) client.drop();
    const cause = this.#failure;
    const message = cause === undefined ? 'Redis did not answer in time' : 'Redis is not reached';
    return new ActorsError('store-unavailable', message, { cause });
  }
}

function closed(): ActorsError {
  return new ActorsError('store-unavailable', 'The store is closed');
}
