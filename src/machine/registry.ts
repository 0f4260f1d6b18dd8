import type { ActorRegistry } from '../session/userActors.ts';
import type { SessionRecord } from '../store/record.ts';
import type { MachineSettings } from './options.ts';
import type { ActingSession } from './actorHost.ts';
import { OwnActors } from './ownActors.ts';

/**
 * The user's actors in all sessions of a runtime. By session and not in the session: one that has no
 * actors does not even have a place for them.
 */
export class Registry<S extends ActingSession> implements ActorRegistry<S> {
  readonly #settings: MachineSettings | null;
  readonly #actors = new Map<S, OwnActors>();

  constructor(settings: MachineSettings | null) {
    this.#settings = settings;
  }

  get hasMachine(): boolean {
    return this.#settings !== null;
  }

  of(session: S): OwnActors | undefined {
    return this.#actors.size === 0 ? undefined : this.#actors.get(session);
  }

  open(session: S): OwnActors {
    let actors = this.of(session);
    if (actors === undefined) {
      actors = new OwnActors(session, this.#settings, () => this.#actors.delete(session));
      this.#actors.set(session, actors);
    }
    return actors;
  }

  prepare(session: S): void {
    const actors = this.#settings === null ? this.of(session) : this.open(session);
    actors?.prepare();
  }

  restore(session: S, { actors, expiresAt }: SessionRecord): void {
    // A store may have moved the times of its records: those of the actors move with them.
    if (actors !== undefined) this.open(session).restore(actors, expiresAt - actors.base);
  }
}
