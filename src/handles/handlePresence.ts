import type { Residents } from '../directory/cluster.ts';
import type { Done, Verb } from '../directory/verb.ts';
import type { Claim } from '../store/store.ts';
import type { HandleActor } from './handleActor.ts';
import type { HandleKind } from './kind.ts';

/** The handles of this process, as the other processes of a cluster have to do with them. */
export class HandlePresence implements Residents {
  readonly #kinds: () => readonly HandleKind[];

  /** @param kinds those of one part of the store, as far as any tool has asked for them */
  constructor(kinds: () => readonly HandleKind[]) {
    this.#kinds = kinds;
  }

  isServing(id: string): boolean {
    const handle = this.#find(id)?.handle;
    return handle !== undefined && handle.arrival !== 'refuse';
  }

  /** No request is forwarded to a handle. */
  isSettling(): boolean {
    return false;
  }

  isInUse(id: string): boolean {
    return this.#find(id)?.handle.isAsleep === false;
  }

  isCalm(id: string): boolean {
    return this.isServing(id) && this.#find(id)?.handle.references === 0;
  }

  async settled(id: string): Promise<void> {
    await this.#find(id)?.kind.shared?.settled(id);
  }

  /** A handle is claimed by the process that uses it. */
  recall(id: string): Promise<boolean> {
    return Promise.resolve(this.isServing(id));
  }

  lose(claim: Claim): void {
    for (const kind of this.#kinds()) kind.shared?.lose(claim);
  }

  restow(claim: Claim): void {
    const persistence = this.#find(claim.id)?.handle.persistence;
    if (persistence?.claim === claim) persistence.changed();
  }

  async act(id: string, verb: Verb): Promise<Done> {
    const found = this.#find(id);
    if (found === undefined) return 'moved';
    const { kind, handle } = found;
    if (verb.do === 'give') return kind.shared?.give(id) ?? 'moved';
    if (verb.do !== 'evict') return false;
    return kind.endHere(handle, verb.reason);
  }

  #find(id: string): { readonly kind: HandleKind; readonly handle: HandleActor } | undefined {
    for (const kind of this.#kinds()) {
      const handle = kind.resident(id);
      if (handle !== undefined) return { kind, handle };
    }
    return undefined;
  }
}
