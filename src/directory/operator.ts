import type { EndReason } from '../../machines/session.ts';
import { ActorsError } from '../base/errors.ts';
import type { Session } from '../session/session.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { Directory } from './directory.ts';
import { principalOf } from './principalOf.ts';
import type { Found } from './recalls.ts';
import type { Done, Verb } from './verb.ts';
import type { Elsewhere, Nowhere } from './whereabouts.ts';

/** Sessions of a principal that are ended at once: each may be read from the store, or be elsewhere. */
const AT_ONCE = 64;
/** How often a session may turn out to be in another process than the one that was asked. */
const MOST_MOVES = 10;

/** Records that are read from the store in one go. */
const PAGE = 500;

/** What an operator does to sessions by id or principal, awake or asleep, in whichever process. */
export class Operator {
  readonly #directory: Directory;

  constructor(directory: Directory) {
    this.#directory = directory;
  }

  async evict(id: string, reason: EndReason): Promise<boolean> {
    return (await this.#seek(id, { do: 'evict', reason })) !== undefined;
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

  /** Ids of the sessions of a principal that are not in this process. */
  async *#away(principal: string): AsyncGenerator<string> {
    for (let after: string | undefined; ;) {
      const query = { principal, limit: PAGE, ...(after !== undefined && { after }) };
      const { records, next } = await this.#directory.keeper.reads.page(query);
      for (const { id } of records) if (!this.#directory.isHere(id)) yield id;
      if (next === undefined) return;
      after = next;
    }
  }

  async wake(id: string): Promise<Session | undefined> {
    try {
      const found = await this.#seek(id, { do: 'wake' });
      return found === undefined || found === 'elsewhere' ? undefined : found.session;
    } catch (error) {
      if (isNotAdmitted(error)) return undefined;
      throw error;
    }
  }

  /** Acts on a session that is here, or that may be claimed, for another process's operator. */
  async act(id: string, verb: Verb): Promise<Done> {
    const where = await this.#locate(id);
    if (where === 'moved' || where?.at === 'elsewhere') return 'moved';
    const done = await this.#act(where, verb);
    return done === 'moved' ? done : done !== undefined;
  }

  /** Acts on a session wherever it is. @returns the session that was acted on */
  async #seek(id: string, verb: Verb): Promise<SessionActor | 'elsewhere' | undefined> {
    for (let moves = 0; moves < MOST_MOVES; moves++) {
      const where = await this.#directory.anywhere(id);
      if (where?.at === 'elsewhere') {
        const done = await where.act(verb);
        if (done !== 'moved') return done ? 'elsewhere' : undefined;
      } else {
        const done = await this.#act(where, verb);
        if (done !== 'moved') return done;
      }
    }
    throw new ActorsError('store-unavailable', 'the session goes from one process to the next');
  }

  /** A process that drains has sessions for its own callers to look for elsewhere. */
  async #locate(id: string): Promise<Found | Elsewhere | Nowhere | 'moved'> {
    try {
      return await this.#directory.anywhere(id);
    } catch (error) {
      if (isNotAdmitted(error)) return 'moved';
      throw error;
    }
  }

  async #act(where: Found | Nowhere, verb: Verb): Promise<SessionActor | 'moved' | undefined> {
    if (where?.at !== 'here' || where.snapshot.hasTag('ending')) return undefined;
    if (verb.do === 'wake') return this.#wake(where);
    // A session moves when it sleeps, and is forwarded to until then.
    if (verb.do === 'give') return undefined;
    return (await this.#end(where, verb.reason)) ? where : 'moved';
  }

  async #evictAll(principal: string, reason: EndReason): Promise<number> {
    const ended: Promise<boolean>[] = [];
    const began = this.#directory.services.clock.now();
    const note = (isOver: Promise<boolean>): void => {
      // A failure is thrown below, when every session was told.
      isOver.catch(() => {});
      ended.push(isOver);
    };
    const end = (session: SessionActor): void => note(this.#endAnywhere(session, reason));
    for (const session of this.#directory.supervisor.of(principal)) end(session);
    const asked = new Set<Promise<unknown>>();
    for await (const id of this.#away(principal)) {
      const isOver = this.evict(id, reason);
      note(isOver);
      const over = isOver.catch(() => {}).finally(() => asked.delete(over));
      asked.add(over);
      if (asked.size >= AT_ONCE) await Promise.race(asked);
    }
    await Promise.all(asked);
    // A session may have been woken during the search. One opened since is not meant.
    for (const session of this.#directory.supervisor.of(principal)) {
      if (session.startedAt < began) end(session);
    }
    return (await Promise.all(ended)).filter(Boolean).length;
  }

  async #endAnywhere(session: SessionActor, reason: EndReason): Promise<boolean> {
    return (await this.#end(session, reason)) || this.evict(session.id, reason);
  }

  /** @returns `false`: another process had the session by then, and goes on with it */
  async #end(session: SessionActor, reason: EndReason): Promise<boolean> {
    const end = async (there: SessionActor): Promise<boolean> => {
      there.close(reason);
      await Promise.all([there.reached('ended'), there.forgotten]);
      return !isLost(there);
    };
    return this.#directory.reach(session, end, () => !isLost(session));
  }

  async #wake(session: SessionActor): Promise<SessionActor | undefined> {
    if (!this.#directory.supervisor.isAdmitting) return undefined;
    return this.#directory.reach(session, wake, () => undefined);
  }
}

function isLost({ persistence }: SessionActor): boolean {
  return persistence?.isLost === true;
}

function isNotAdmitted(error: unknown): boolean {
  return error instanceof ActorsError && error.code === 'not-admitted';
}

async function wake(session: SessionActor): Promise<SessionActor | undefined> {
  if (!session.wake()) return undefined;
  await session.reached('waking');
  return session.snapshot.hasTag('resident') ? session : undefined;
}
