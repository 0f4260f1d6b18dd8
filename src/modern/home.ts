import type { EndReason } from '../../machines/session.ts';
import type { Outlet } from '../session/exchange.ts';
import type { Implementation } from '../wire/implementation.ts';
import type { SessionActor } from '../session/sessionActor.ts';
import type { ResponsePort } from '../wire/port.ts';
import { UnreadAccount } from '../http/unread.ts';
import type { Params } from './envelope.ts';
import { Inquiry, inside } from './inquiry.ts';
import type { Scope } from './options.ts';
import type { Services } from '../events/services.ts';
import type { UnreadBudget } from '../http/unreadBudget.ts';

/** What a server says of itself when it is asked to initialize. */
export interface ServerSaid {
  readonly capabilities: Readonly<Record<string, unknown>>;
  readonly serverInfo: Implementation | undefined;
  readonly instructions: string | undefined;
}

/** A call that is open in a home. */
export interface OpenCall {
  /** The home ends: a call that nobody waits for ends with it, others may finish. */
  retire(): void;
}

/** A stream that is open on a home. */
export interface OpenListen {
  readonly filter: { readonly resourceSubscriptions?: readonly string[] };
  /** Ends the stream in order: nothing more will be said. */
  end(): void;
}

/** What homes need of the stateless revision. */
export interface HomeShare {
  readonly services: Services;
  /** What all sessions leave unread together. */
  readonly unread: UnreadBudget;
  readonly listens: {
    /** What a server said outside any call. `false`: this revision has no place for that. */
    tell(home: Home, method: string, params: Params | undefined): boolean;
  };
  /** An id for a message inside homes. */
  nextId(): number;
  /** A home ended, and with it what user code had put there: nobody can ask for it again. */
  forgotten(home: Home): void;
}

/**
 * What the stateless revision has of one session that no client named: the calls that are open in
 * it, and who listens to it. To the session it is the outlet for what belongs to no call.
 */
export class Home implements Outlet {
  readonly session: SessionActor;
  readonly scope: Scope;
  /** What the home's server said of itself; `undefined` until it did. */
  said: ServerSaid | undefined;
  /** Nobody can name the home again: it ends with what is open in it. */
  isFleeting: boolean;
  readonly calls = new Set<OpenCall>();
  readonly listens = new Set<OpenListen>();
  readonly unread: UnreadAccount;
  readonly #share: HomeShare;
  /** How many streams follow each resource. */
  readonly #followed = new Map<string, number>();
  /** Those who ask wait for the same answer. */
  #saying: Promise<ServerSaid | undefined> | null = null;
  #tell: ((said: ServerSaid | undefined) => void) | null = null;
  #pressed: ResponsePort | null = null;
  #isOver = false;

  constructor(session: SessionActor, scope: Scope, share: HomeShare) {
    this.session = session;
    this.scope = scope;
    this.#share = share;
    this.isFleeting = scope === 'request';
    this.unread = new UnreadAccount(share.services, share.unread, session);
  }

  // ---- as the session's outlet

  get isReachable(): boolean {
    return this.listens.size > 0;
  }

  get live(): number {
    return this.listens.size;
  }

  get isFree(): boolean {
    // Nobody would find the record of a home that ends with what is open in it.
    return !this.isFleeting && this.listens.size === 0 && this.unread.isEmpty;
  }

  /** There are no events to resume in this revision, and so no numbers. */
  get sequence(): number {
    return 0;
  }

  drained(): Promise<void> | undefined {
    const port = this.#pressed;
    this.#pressed = null;
    return port?.drained();
  }

  tell(json: string): boolean {
    const { method, id, params } = JSON.parse(json) as {
      readonly method: string;
      readonly id?: unknown;
      readonly params?: Params;
    };
    // A question has to belong to a call: nothing else of the client's is ever open.
    return id === undefined && this.#share.listens.tell(this, method, params);
  }

  retire(reason?: EndReason): void {
    if (reason === undefined) return;
    this.#isOver = true;
    for (const call of this.calls) call.retire();
    for (const listen of this.listens) listen.end();
  }

  close(): void {
    this.#isOver = true;
    for (const listen of this.listens) listen.end();
    this.#tell?.(undefined);
    this.unread.end();
  }

  /** The home ends, or has: nothing is opened on it any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  // ---- what its server says of itself

  greeted(said: ServerSaid): void {
    this.said = said;
    this.#tell?.(said);
  }

  /** Waits for what the home's server says of itself; `undefined`: it never will. */
  saying(): Promise<ServerSaid | undefined> {
    if (this.said !== undefined || this.#isOver) return Promise.resolve(this.said);
    this.#saying ??= new Promise((resolve) => (this.#tell = resolve));
    this.session.wake();
    return this.#saying;
  }

  // ---- what is open

  /** A call or a stream of the home is over: a home that nobody can name ends with the last. */
  left(): void {
    if (!this.isFleeting || this.calls.size > 0 || this.listens.size > 0) return;
    // Not in the middle of the answer that was the last.
    this.session.later(Promise.resolve(), () => {
      if (this.calls.size === 0 && this.listens.size === 0) this.#end();
    });
  }

  /** Has the home's server say when resources change that a stream follows. */
  follow({ filter }: OpenListen): void {
    for (const uri of filter.resourceSubscriptions ?? []) {
      const count = this.#followed.get(uri) ?? 0;
      this.#followed.set(uri, count + 1);
      if (count === 0) this.#ask('resources/subscribe', { uri });
    }
  }

  unfollow({ filter }: OpenListen): void {
    for (const uri of filter.resourceSubscriptions ?? []) {
      const count = (this.#followed.get(uri) ?? 1) - 1;
      if (count > 0) this.#followed.set(uri, count);
      else if (this.#followed.delete(uri)) this.#ask('resources/unsubscribe', { uri });
    }
  }

  #ask(method: string, params: Params): void {
    if (this.#isOver) return;
    const id = this.#share.nextId();
    this.session.accept(inside({ jsonrpc: '2.0', id, method, params }, new Inquiry(id, () => {})));
  }

  attached(isAttached: boolean): void {
    this.session.attachedChanged(isAttached);
  }

  /** Writes an event to a response; a client that leaves too much unread is cut. */
  write(port: ResponsePort, frame: string): void {
    const { maxStreamBytes } = this.session.services.limits;
    if (port.gone) return;
    if (port.unread > maxStreamBytes) {
      this.session.journal.tripped('maxStreamBytes');
      port.cut();
      return;
    }
    port.write(frame);
    this.unread.wrote(port);
    if (port.unread > maxStreamBytes / 2) this.#pressed = port;
  }

  #end(): void {
    const { session } = this;
    if (session.isTouched && !session.snapshot.hasTag('ending')) this.#share.forgotten(this);
    session.close('terminated');
  }
}
