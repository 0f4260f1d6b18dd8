import type { EndReason } from '../../machines/session.ts';
import type { Session } from '../session/session.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { Directory } from './directory.ts';
import { principalOf } from './principalOf.ts';

/** What an operator does to sessions by id or principal, awake or asleep. */
export class Operator {
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  async evict(id: string, reason: EndReason): Promise<boolean> {
    const session = await this.#find(id);
    if (session === undefined) return false;
    await this.#end(session, reason);
    return true;
  }

  /** @param shown a principal, or the name that lists and events show for it */
  async evictPrincipal(shown: string, reason: EndReason): Promise<number> {
    const principal = await principalOf(this.#directory, shown);
    const ended = await this.#evictAll(principal, reason);
    const { events, principalKey } = this.#directory.services;
    // It may be a mistake in the name, and somebody relies on the sessions being gone.
    if (ended === 0) events.emit('revocation.missed', { principal: principalKey(principal) });
    return ended;
  }

  async #evictAll(principal: string, reason: EndReason): Promise<number> {
    const ended: Promise<void>[] = [];
    const began = this.#directory.services.clock.now();
    const end = (session: SessionActor): void => {
      const isOver = this.#end(session, reason);
      // A failure is thrown below, when every session was told.
      isOver.catch(() => {});
      ended.push(isOver);
    };
    for (const session of this.#directory.supervisor.of(principal)) end(session);
    for await (const session of this.#directory.all(principal)) end(session);
    // A session may have been woken during the search. One opened since is not meant.
    for (const session of this.#directory.supervisor.of(principal)) {
      if (session.startedAt < began) end(session);
    }
    await Promise.all(ended);
    return ended.length;
  }

  async wake(id: string): Promise<Session | undefined> {
    if (!this.#directory.supervisor.isAdmitting) return undefined;
    const found = await this.#find(id);
    if (found === undefined) return undefined;
    return await this.#directory.reach(found, wake, () => undefined);
  }

  async #find(id: string): Promise<SessionActor | undefined> {
    const session = await this.#directory.any(id);
    return session?.snapshot.hasTag('ending') === true ? undefined : session;
  }

  async #end(session: SessionActor, reason: EndReason): Promise<void> {
    const end = async (there: SessionActor): Promise<void> => {
      there.close(reason);
      await Promise.all([there.reached('ended'), there.forgotten]);
    };
    await this.#directory.reach(session, end, () => {});
  }
}

async function wake(session: SessionActor): Promise<Session | undefined> {
  if (!session.wake()) return undefined;
  await session.reached('waking');
  return session.snapshot.hasTag('resident') ? session.session : undefined;
}
