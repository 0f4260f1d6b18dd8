import { outsideSessions } from '../base/asyncContext.ts';
import type { Clock } from '../base/clock.ts';
import { ActorsError } from '../base/errors.ts';
import { randomId } from '../base/ids.ts';
import { WIRE } from '../store/codec/recordCodec.ts';
import { RECORD_FORMAT } from '../store/record.ts';
import { bytesOf, listOf, numberOf, textOf } from './answers.ts';
import type { Arg } from './client.ts';
import type { Ledger } from './ledger.ts';
import type { Link } from './link.ts';
import { holderOf, holderText, isGone, thisProcess } from './place.ts';
import { ABOUT, BEAT, LEAVE, RETAKE, type Script, TAKE } from './scripts.ts';
import type { Sealer } from '../store/codec/sealer.ts';
import { factsOf, unfitness } from './server.ts';

/** The version of how keys are laid out. */
const LAYOUT = 1;
const VERSIONS = [LAYOUT, RECORD_FORMAT, WIRE] as const;
/** How often a lease is renewed, or looked at, while it lasts. */
const BEATS = 3;

export interface HoldHost {
  readonly link: Link;
  readonly ledger: Ledger;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly prefix: string;
  readonly leaseMs: number;
  readonly allowEviction: boolean;
  /** Redis came back with an older state, in which so many writes of this process are made. */
  behind(wrote: number): Promise<void>;
  /** Another process has taken the store: said once. */
  lost(error: ActorsError): void;
}

/** What a script answered whoever has the store, or how many of its writes Redis knows. */
export type Held =
  | { readonly is: 'held'; readonly answer: readonly unknown[] }
  | { readonly is: 'behind'; readonly wrote: number };

/**
 * The right of one process to a store. It is taken once, with a token that grows, and kept by a lease.
 * Whatever is asked names the token: what another process has taken meanwhile is neither read nor
 * written.
 */
export class Hold {
  readonly #host: HoldHost;
  readonly #id = randomId();
  readonly #holder = thisProcess();
  #token = '';
  #taking: Promise<void> | null = null;
  /** Whether the server that the connection leads to is fit: asked once for each connection. */
  #fitness: Promise<void> | null = null;
  #isChecking = false;
  #lost: ActorsError | null = null;
  #isLeft = false;
  #beat: unknown;

  constructor(host: HoldHost) {
    this.#host = host;
  }

  /**
   * Takes the store, if that is not done.
   *
   * @throws ActorsError `store-unavailable`, `store-unfit`, `store-locked`, `secret-unknown`
   */
  async open(): Promise<void> {
    if (this.#lost !== null) throw this.#lost;
    await (this.#fitness ??= this.#checked());
    if (this.#token !== '') return;
    this.#taking ??= this.#take().finally(() => (this.#taking = null));
    await this.#taking;
  }

  /** A fresh connection may lead to another server. */
  renewed(): void {
    // What is being asked is asked on the fresh connection.
    if (!this.#isChecking) this.#fitness = null;
  }

  /** Asks what only the process with the store may ask. @throws ActorsError */
  async ask(script: Script, args: readonly Arg[], acknowledged?: number): Promise<Held> {
    await this.open();
    const { link, ledger } = this.#host;
    const made = acknowledged ?? ledger.acknowledged;
    const all = [this.#id, this.#token, made, ...args];
    const [is, ...answer] = listOf(await link.run(script, this.#key('store'), all));
    const word = textOf(is);
    if (word === 'held') return { is: 'held', answer };
    if (word === 'behind') return { is: 'behind', wrote: numberOf(answer[0]) };
    throw this.#lose();
  }

  /**
   * Makes the store this process's again, in a Redis that has forgotten the latest.
   *
   * @param made the number of the last write that counts as made
   * @param isMissing writes before that one are missing
   */
  async retake(made: number, isMissing: boolean): Promise<void> {
    const { link, sealer } = this.#host;
    const [key, leaseMs, holder] = this.#lease();
    const about = [VERSIONS.join(), sealer.keyId, key, leaseMs, holder];
    const args = [this.#id, this.#token, made, isMissing ? 1 : 0, ...about];
    const [is] = listOf(await link.run(RETAKE, this.#key('store'), args));
    if (textOf(is) !== 'held') throw this.#lose();
  }

  /** Leaves the store to the next process, at once where Redis can be reached. */
  async leave(): Promise<void> {
    this.#isLeft = true;
    this.#host.clock.clearTimeout(this.#beat);
    if (this.#token === '' || this.#lost !== null || !this.#host.link.isReady) return;
    // Otherwise the lease ends by itself.
    await this.ask(LEAVE, [this.#lease()[0]]).catch(() => {});
  }

  async #checked(): Promise<void> {
    this.#isChecking = true;
    try {
      await this.#check();
    } catch (error) {
      this.#fitness = null;
      throw error;
    } finally {
      this.#isChecking = false;
    }
  }

  async #check(): Promise<void> {
    const { link, sealer, prefix, allowEviction } = this.#host;
    const about = listOf(await link.run(ABOUT, this.#key('store'), []));
    const [versions, keyId, info] = about.map((each) => bytesOf(each)?.toString());
    const unfit = unfitness(factsOf(info ?? ''), { prefix, allowEviction });
    if (unfit !== undefined) throw new ActorsError('store-unfit', unfit);
    if (versions === undefined) return;
    if (versions.split(',').some((version, at) => Number(version) > (VERSIONS[at] ?? 0))) {
      const message = 'A newer release of mcp-actors or of node wrote this store';
      throw new ActorsError('store-unavailable', message);
    }
    if (!sealer.keyIds.includes(keyId ?? '')) {
      const message = 'This store is sealed with another secret, or with none';
      throw new ActorsError('secret-unknown', message);
    }
  }

  /** Takes the store when the lease of another process is over. */
  async #take(): Promise<void> {
    const { clock, leaseMs } = this.#host;
    let before = Infinity;
    let gone = '';
    for (;;) {
      const answer = await this.#tryToTake(gone);
      if (answer.is === 'ours') {
        this.#token = answer.token;
        this.#expectBeat();
        return;
      }
      const holder = holderOf(answer.holder);
      if (isGone(holder, this.#holder)) gone = answer.of;
      // Whoever renews the lease lives.
      else if (answer.leftMs > before || this.#isLeft) throw lockedBy(answer.holder);
      before = answer.leftMs;
      const pauseMs = gone === '' ? Math.min(answer.leftMs + 1, leaseMs / BEATS) : 0;
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, pauseMs));
    }
  }

  async #tryToTake(gone: string): Promise<Taken> {
    const { link, sealer, leaseMs } = this.#host;
    const who = [this.#id, this.#key('n:'), Math.ceil(leaseMs), holderText(this.#holder)];
    const args = [...who, VERSIONS.join(), sealer.keyId, gone];
    const [is, of, holder, left] = listOf(await link.run(TAKE, this.#key('store'), args));
    if (textOf(is) === 'ours') return { is: 'ours', token: textOf(of) };
    const text = bytesOf(holder)?.toString() ?? '';
    return { is: 'theirs', of: textOf(of), holder: text, leftMs: numberOf(left) };
  }

  #expectBeat(): void {
    const { clock, leaseMs } = this.#host;
    const beat = (): void => void this.#renewLease();
    // A lease is nobody's session's.
    this.#beat = outsideSessions(() => clock.setTimeout(beat, leaseMs / BEATS));
  }

  async #renewLease(): Promise<void> {
    try {
      const held = await this.ask(BEAT, this.#lease());
      this.#host.ledger.forget();
      if (held.is === 'behind') await this.#host.behind(held.wrote);
    } catch {
      // Whoever asks for something is told. The lease is tried again, and lost only to a process.
    } finally {
      if (!this.#isLeft && this.#lost === null) this.#expectBeat();
    }
  }

  /** The lease: its key, how long it is, and who has it. */
  #lease(): readonly [string, number, string] {
    const { leaseMs } = this.#host;
    return [this.#key(`n:${this.#id}`), Math.ceil(leaseMs), holderText(this.#holder)];
  }

  #lose(): ActorsError {
    if (this.#lost === null) {
      const message =
        'Another process has taken this store: what this one has is not stored any more';
      this.#lost = new ActorsError('store-locked', message);
      this.#host.clock.clearTimeout(this.#beat);
      this.#host.lost(this.#lost);
    }
    return this.#lost;
  }

  #key(name: string): string {
    return this.#host.prefix + name;
  }
}

type Taken =
  | { readonly is: 'ours'; readonly token: string }
  | {
      readonly is: 'theirs';
      readonly of: string;
      readonly holder: string;
      readonly leftMs: number;
    };

function lockedBy(text: string): ActorsError {
  const { pid, host } = holderOf(text);
  // The lease may be anybody's words.
  const where = /^[\w.-]{1,64}$/.test(host) ? ` of ${host}` : '';
  return new ActorsError('store-locked', `Process ${pid}${where} has this store open`);
}
