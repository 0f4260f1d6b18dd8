import type { EndReason } from '../machines/session.ts';
import type { Session } from './session.ts';
import type { SessionActor } from './sessionActor.ts';
import type { Sleepers } from './sleep/sleepers.ts';
import type { Supervisor } from './supervisor.ts';

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
    for (const session of this.#supervisor.of(principal)) ended.push(this.#end(session, reason));
    const asleep = await this.#sleepers.all(principal);
    for (const session of asleep) ended.push(this.#end(session, reason));
    await Promise.all(ended);
    return ended.length;
  }

  async wake(id: string): Promise<Session | undefined> {
    const session = await this.#find(id);
    if (session === undefined || !session.wake()) return undefined;
    await session.reached('waking');
    return session.snapshot.hasTag('resident') ? session.session : undefined;
  }

  async #find(id: string): Promise<SessionActor | undefined> {
    if (this.#supervisor.wasEnded(id)) return undefined;
    const session = this.#supervisor.resident(id) ?? (await this.#sleepers.any(id));
    return session?.snapshot.hasTag('ending') === true ? undefined : session;
  }

  async #end(session: SessionActor, reason: EndReason): Promise<void> {
    session.close(reason);
    await Promise.all([session.reached('ended'), session.forgotten]);
  }
}
