import { ActorsError } from '../base/errors.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { Supervisor } from '../actor/supervisor.ts';
import type { Upload } from '../session/upload.ts';
import { header, type RequestHead } from '../wire/headers.ts';
import type { RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { RefusalCode } from '../wire/refusals.ts';

/** What a lookup says where there is no session to hand on. */
export interface LookupHost {
  refuse(
    port: ResponsePort,
    code: RefusalCode,
    id?: RequestId,
    data?: Record<string, unknown>,
  ): void;
  /** Announces an error that is nobody's. */
  failed(error: unknown): RefusalCode;
}

/** Finds the sessions requests name: in this process, or asleep. */
export class Lookup {
  readonly #supervisor: Supervisor<SessionActor>;
  readonly #host: LookupHost;

  constructor(supervisor: Supervisor<SessionActor>, host: LookupHost) {
    this.#supervisor = supervisor;
    this.#host = host;
  }

  /** Notes that a POST is on its way to a session that is here, or asleep in memory. */
  upload(head: RequestHead, principal: string | undefined): Upload | undefined {
    const named = header(head, 'mcp-session-id');
    if (named === undefined) return undefined;
    const { sleepers } = this.#supervisor.services;
    const resident = this.#supervisor.find(named, principal);
    const isOver = !this.#supervisor.isAdmitting;
    const session = resident ?? (isOver ? undefined : sleepers?.here(named, principal));
    return session === undefined ? undefined : { session, number: session.upload() };
  }

  /** The session a request names, or its refusal. */
  session(
    head: RequestHead,
    principal: string | undefined,
    port: ResponsePort,
    id: RequestId | undefined,
    take: (session: SessionActor) => void,
  ): void {
    const named = header(head, 'mcp-session-id');
    if (named === undefined) return this.#host.refuse(port, 'session-missing', id);
    this.seek(named, principal, port, id, (session) => {
      if (session !== undefined) return take(session);
      const reason = this.#supervisor.reasonOf(named, principal);
      this.#host.refuse(
        port,
        'session-not-found',
        id,
        reason === undefined ? undefined : { reason },
      );
    });
  }

  /** In the same turn where the session is in this process or asleep in memory. */
  seek(
    named: string,
    principal: string | undefined,
    port: ResponsePort,
    id: RequestId | undefined,
    take: (session: SessionActor | undefined) => void,
  ): void {
    const resident = this.#supervisor.resident(named);
    const { sleepers } = this.#supervisor.services;
    // Another process goes on with it: a client that took it for gone would begin anew.
    if (sleepers?.isDurable === true && !this.#supervisor.isAdmitting && !isOwn(resident)) {
      return this.#host.refuse(port, 'draining', id);
    }
    // In memory, those asleep end with this process: nobody is woken for what is left of it.
    const isOver = !this.#supervisor.isAdmitting || this.#supervisor.wasEnded(named);
    if (resident !== undefined || sleepers === null || isOver) {
      return take(this.#supervisor.find(named, principal));
    }
    const found = sleepers.seek(named, principal);
    if (found === undefined || !('then' in found)) return take(found);
    const again = (): void => this.seek(named, principal, port, id, take);
    void this.#await(found, port, id, take, again);
  }

  async #await(
    found: PromiseLike<SessionActor | undefined>,
    port: ResponsePort,
    id: RequestId | undefined,
    take: (session: SessionActor | undefined) => void,
    again: () => void,
  ): Promise<void> {
    try {
      const session = await found;
      // What others who waited for it have asked may have ended it.
      if (session?.arrival === 'refuse' || session?.isDismissed === true) return again();
      // Handed over to the next process while it was looked for.
      if (session === undefined && !this.#supervisor.isAdmitting) {
        return this.#host.refuse(port, 'draining', id);
      }
      take(session);
    } catch (error) {
      const code = error instanceof ActorsError ? error.code : undefined;
      if (code === 'not-admitted') return this.#host.refuse(port, 'draining', id);
      // Put aside by its store: there is no such session any more.
      if (code === 'record-corrupt') take(undefined);
      else if (code === 'store-unavailable') this.#host.refuse(port, code, id);
      else this.#host.refuse(port, this.#host.failed(error), id);
    }
  }
}

/** It serves its client to the end, or has ended for good. */
function isOwn(session: SessionActor | undefined): boolean {
  return (
    session !== undefined && (!session.snapshot.hasTag('ending') || session.reason !== 'drained')
  );
}
