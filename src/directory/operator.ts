import type { EndReason } from '../../machines/session.ts';
import type { Session } from '../session/session.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { Sleepers } from './directory.ts';
import type { Supervisor } from '../actor/supervisor.ts';

/** What an operator does to sessions by name, awake or asleep. */
export class Operator {
  readonly #supervisor: Supervisor<SessionActor>;
  readonly #sleepers: Sleepers;

  constructor(supervisor: Supervisor<SessionActor>, sleepers: Sleepers) {
    this.#supervisor = supervisor;
    this.#sleepers = sleepers;
  }

  async evict(id: string, reason: EndReason): Promise<boolean> {
    const session = await this.#find(id);
    if (session === undefined) return false;
    await this.#end(session, reason);
    return true;
  }

  async evictPrincipal(principal: string, reason: EndReason): Promise<number> {
    const ended: Promise<void>[] = [];
    const began = this.#supervisor.services.settings.clock.now();
    const end = (session: SessionActor): void => {
      const isOver = this.#end(session, reason);
      // Heard below, when all of them were told.
      isOver.catch(() => {});
      ended.push(isOver);
    };
    for (const session of this.#supervisor.of(principal)) end(session);
    for await (const session of this.#sleepers.all(principal)) end(session);
    // Woken while the others were looked for; one opened meanwhile is nobody who was meant.
    for (const session of this.#supervisor.of(principal)) {
      if (session.startedAt < began) end(session);
    }
    await Promise.all(ended);
    return ended.length;
  }

  async wake(id: string): Promise<Session | undefined> {
    if (!this.#supervisor.isAdmitting) return undefined;
    const found = await this.#find(id);
    if (found === undefined) return undefined;
    return await this.#sleepers.reach(found, wake, () => undefined);
  }

  async #find(id: string): Promise<SessionActor | undefined> {
    if (this.#supervisor.wasEnded(id)) return undefined;
    const session = this.#supervisor.resident(id) ?? (await this.#sleepers.any(id));
    return session?.snapshot.hasTag('ending') === true ? undefined : session;
  }

  async #end(session: SessionActor, reason: EndReason): Promise<void> {
    const end = async (there: SessionActor): Promise<void> => {
      there.close(reason);
      await Promise.all([there.reached('ended'), there.forgotten]);
    };
    await this.#sleepers.reach(session, end, () => {});
  }
}

async function wake(session: SessionActor): Promise<Session | undefined> {
  if (!session.wake()) return undefined;
  await session.reached('waking');
  return session.snapshot.hasTag('resident') ? session.session : undefined;
}
