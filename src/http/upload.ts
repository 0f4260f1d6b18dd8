import { type Awaitable, isPromise } from '../base/awaitable.ts';
import type { Whereabouts } from '../directory/whereabouts.ts';
import type { Services } from '../events/services.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import type { UploadBudget, Uploading } from './uploadBudget.ts';

/** Decides, part by part, how far a body is read. */
export interface Gate {
  /** Set by whoever reads the body: reads no further, though nothing comes. */
  onCut: ((code: RefusalCode) => void) | null;
  /**
   * Counts a part that has come. `undefined`: the next part may come. A code: none may. A promise:
   * none may before that is known.
   */
  grew(bytes: number): Verdict;
}

/** Whether more of a body is read: `undefined`, or why not. */
export type Verdict = RefusalCode | undefined | Promise<RefusalCode | undefined>;

/** Where the session of a body is; without a session, only a short body has something to say. */
export type Place =
  | Whereabouts<SessionActor>
  | { readonly at: 'nowhere'; readonly refusal: 'body-too-large'; readonly reason: undefined };

/** What an upload needs of the door it comes through. */
export interface UploadHost {
  readonly services: Services;
  readonly uploads: UploadBudget;
  /** Finds the session that a body is for. */
  seek(named: string | undefined, principal: string | undefined): Awaitable<Place>;
  failed(error: unknown): RefusalCode;
}

/**
 * The body of one POST on its way in. More than `maxInitializeBytes` of it is read for a session
 * that exists and is the caller's, and for nobody else.
 */
export class Upload implements Gate, Uploading {
  readonly principal: string | undefined;
  /** The length of the body by the head of its request; 0 where the head does not say. */
  readonly declared: number;
  readonly #host: UploadHost;
  readonly #named: string | undefined;
  onCut: Gate['onCut'] = null;
  /** How much has come. */
  bytes = 0;
  /** The session of the body, where it is known to be in this process. */
  session: SessionActor | undefined;
  /** The upload's number among the uploads of its session. */
  number: number | undefined;
  /** Why the session has ended, where the body was refused for that. */
  reason: string | undefined;
  #isElsewhere = false;

  /** @param session found by the head of the request, without a wait */
  constructor(
    host: UploadHost,
    named: string | undefined,
    principal: string | undefined,
    declared: number,
    session: SessionActor | undefined,
  ) {
    this.#host = host;
    this.#named = named;
    this.principal = principal;
    this.declared = declared;
    if (session !== undefined) this.#attach(session);
  }

  /** A body of the stateless revision: nothing but the budget of all uploads bounds its wait. */
  static ofNoSession(host: UploadHost, principal: string | undefined, declared: number): Upload {
    const upload = new Upload(host, undefined, principal, declared, undefined);
    upload.#isElsewhere = true;
    return upload;
  }

  /** Finds out whether a long body may be read, before a byte of the body is. */
  locate(): Verdict {
    return this.#isFor(this.declared) ? undefined : this.#locate();
  }

  grew(bytes: number): Verdict {
    const { services, uploads } = this.#host;
    this.bytes += bytes;
    // What is counted with one is counted with both: the end of the upload gives all of it back.
    const fits = this.#count(bytes);
    const hasRoom = uploads.grew(this, bytes);
    if (this.bytes > services.limits.maxBodyBytes) return 'body-too-large';
    if (!fits || !hasRoom) return 'upload-refused';
    return this.#isFor(this.bytes) ? undefined : this.#locate();
  }

  cut(): void {
    this.onCut?.('upload-refused');
  }

  /** The body is whole, or never will be: its bytes do not count as an upload's any more. */
  arrived(): void {
    this.#host.uploads.ended(this);
    this.session?.mailbox.uploading(-this.bytes, 0);
    this.bytes = 0;
    this.onCut = null;
  }

  /** Whether a body of that size may be read as things stand. */
  #isFor(bytes: number): boolean {
    if (bytes <= this.#host.services.limits.maxInitializeBytes || this.#isElsewhere) return true;
    return this.session !== undefined && this.session.arrival !== 'refuse';
  }

  #attach(session: SessionActor): void {
    this.session = session;
    this.number = session.mailbox.upload();
  }

  /** Counts bytes of the session's; `false` where too many are on their way to it. */
  #count(bytes: number): boolean {
    const { session } = this;
    if (session?.mailbox.uploading(bytes, this.bytes) !== false) return true;
    session.journal.tripped('maxQueueBytes');
    return false;
  }

  #locate(): Verdict {
    try {
      const where = this.#host.seek(this.#named, this.principal);
      return isPromise(where) ? this.#await(where) : this.#located(where);
    } catch (error) {
      return this.#host.failed(error);
    }
  }

  async #await(promise: PromiseLike<Place>): Promise<RefusalCode | undefined> {
    try {
      let where = await promise;
      // Others that waited for the same session may have ended it.
      while (where.at === 'here' && (where.arrival === 'refuse' || where.isDismissed)) {
        where = await this.#host.seek(this.#named, this.principal);
      }
      return this.#located(where);
    } catch (error) {
      return this.#host.failed(error);
    }
  }

  #located(where: Place): RefusalCode | undefined {
    if (where.at === 'nowhere') {
      this.reason = where.reason;
      return where.refusal;
    }
    if (where.at === 'elsewhere') this.#isElsewhere = true;
    else {
      this.#attach(where);
      if (!this.#count(this.bytes)) return 'upload-refused';
    }
    return undefined;
  }
}
