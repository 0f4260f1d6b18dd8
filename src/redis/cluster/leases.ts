import { ActorsError } from '../../base/errors.ts';
import type { Beat, Incarnation, Member } from '../../cluster/engine.ts';
import { bytesOf, listOf, numberOf, textOf, wordOf } from '../answers.ts';
import type { Link } from '../link.ts';
import { ABOUT } from '../scripts.ts';
import { factsOf, unfitnessForCluster } from '../server.ts';
import { BEAT, LEAVE, MEMBERS } from './leaseScripts.ts';

/** The version of how keys are laid out. Those of stores are less: neither takes the other's. */
const LAYOUT = '1001';

export interface LeasesHost {
  readonly link: Link;
  readonly prefix: string;
  /** Another server answers than the one before. */
  changed(): void;
}

/** The leases of nodes, on a connection of their own: nothing long stands before a beat. */
export class Leases {
  readonly #host: LeasesHost;
  /** Whether the server that the connection leads to is fit: asked once for each connection. */
  #fitness: Promise<void> | null = null;
  #server = '';

  constructor(host: LeasesHost) {
    this.#host = host;
  }

  /** The server that the last beat came from; empty: there was none yet. */
  get server(): string {
    return this.#server;
  }

  async join(as: Incarnation, leaseMs: number, about: Buffer): Promise<Beat> {
    await this.#fit();
    return this.#beat(as, leaseMs, about, true);
  }

  async renew(as: Incarnation, leaseMs: number, about: Buffer): Promise<Beat> {
    await this.#fit();
    return this.#beat(as, leaseMs, about, false);
  }

  async leave(as: Incarnation): Promise<void> {
    const { link, prefix } = this.#host;
    await link.run(LEAVE, this.#store, [prefix, as]);
  }

  async leftMs(of: Incarnation): Promise<number> {
    const { link, prefix } = this.#host;
    return Math.max(numberOf(await link.command('pttl', `${prefix}n:${of}`)), 0);
  }

  async members(): Promise<readonly Member[]> {
    const { link, prefix } = this.#host;
    const flat = listOf(await link.run(MEMBERS, this.#store, [prefix]));
    const members: Member[] = [];
    for (let at = 0; at < flat.length; at += 2) {
      const about = bytesOf(flat[at + 1]) ?? Buffer.of();
      members.push({ incarnation: textOf(flat[at]), about });
    }
    return members;
  }

  /** A fresh connection may lead to another server. */
  renewed(): void {
    this.#fitness = null;
  }

  get #store(): string {
    return `${this.#host.prefix}store`;
  }

  async #beat(as: Incarnation, leaseMs: number, about: Buffer, mayBegin: boolean): Promise<Beat> {
    const { link, prefix } = this.#host;
    const args = [prefix, as, Math.ceil(leaseMs), about, LAYOUT, mayBegin ? 1 : 0];
    const [is, now, name, since] = listOf(await link.run(BEAT, this.#store, args));
    const word = wordOf(is, ['kept', 'over', 'other layout']);
    if (word === 'other layout') throw otherLayout();
    const server = textOf(name);
    const before = this.#server;
    this.#server = server;
    if (before !== '' && before !== server) this.#host.changed();
    return { isKept: word === 'kept', now: numberOf(now), server, since: numberOf(since) };
  }

  async #fit(): Promise<void> {
    const fitness = (this.#fitness ??= this.#check());
    try {
      await fitness;
    } catch (error) {
      if (this.#fitness === fitness) this.#fitness = null;
      throw error;
    }
  }

  /** @throws ActorsError `store-unfit` */
  async #check(): Promise<void> {
    const { link, prefix } = this.#host;
    const [, , info] = listOf(await link.run(ABOUT, this.#store, []));
    const unfit = unfitnessForCluster(factsOf(bytesOf(info)?.toString() ?? ''), prefix);
    if (unfit !== undefined) throw new ActorsError('store-unfit', unfit);
  }
}

function otherLayout(): ActorsError {
  const message = 'A store, or a cluster of another release, has what is below this prefix';
  return new ActorsError('store-unavailable', message);
}
