import type { SessionEffect } from '../../machines/step.ts';
import { Actor, type Overseer } from '../actor.ts';
import { ActorsError } from '../errors.ts';
import { type Owned, Scope } from '../scope.ts';
import { Feed } from './feed.ts';
import { Inbox } from './inbox.ts';

/** What one incarnation of a scope holds: what `open` made, and what it owns. */
interface Holding {
  readonly resource: Promise<unknown>;
  readonly scope: Scope;
  readonly abort: AbortController;
}

/**
 * One user, tenant or browser session of a host application: an actor that opens MCP clients when
 * they are first asked for, owns them, and keeps what they ask and tell to itself.
 */
export class ScopeActor extends Actor {
  readonly feed: Feed;
  readonly inbox: Inbox;
  readonly #open: (actor: ScopeActor) => unknown;
  readonly #onGone: (actor: ScopeActor) => void;
  #holding: Holding | null = null;
  #running = 0;
  #isTouched = false;
  #isSettling = false;

  constructor(
    overseer: Overseer,
    id: string,
    principal: string | undefined,
    open: (actor: ScopeActor) => unknown,
    onGone: (actor: ScopeActor) => void = () => {},
  ) {
    super(overseer, id, principal);
    this.#open = open;
    this.#onGone = onGone;
    const { settings, keepAlive } = this.services;
    this.feed = new Feed(settings, keepAlive, (subscribers) => {
      this.tell({ type: subscribers > 0 ? 'stream.attached' : 'stream.detached' });
    });
    this.inbox = new Inbox(settings.maxQueue);
    this.begin();
  }

  get references(): number {
    return this.#running + this.inbox.size;
  }

  get inFlight(): number {
    return this.#running;
  }

  protected takeTouched(): boolean {
    const touched = this.#isTouched;
    this.#isTouched = false;
    return touched;
  }

  /** Somebody came for this scope. */
  touch(): void {
    this.#isTouched = true;
    if (this.arrival === 'rouse') this.tell({ type: 'message.arrived' });
  }

  /** What `open` made; made once, whoever else asks meanwhile. */
  async resource(): Promise<unknown> {
    const { resource } = this.#hold();
    return resource;
  }

  get signal(): AbortSignal {
    return this.#hold().abort.signal;
  }

  own(resource: Owned, deadlineMs: number | undefined): void {
    this.#hold().scope.own(resource, deadlineMs, this.services.settings.maxResources);
  }

  /** Work that pins the scope. */
  async run<T>(work: (resource: unknown) => T | Promise<T>): Promise<T> {
    const { maxInFlight } = this.services.settings;
    if (this.#running >= maxInFlight) {
      this.journal.tripped('maxInFlight');
      throw new ActorsError('scope-busy', `a scope runs at most ${maxInFlight} calls at once`);
    }
    this.touch();
    this.#running++;
    this.services.counters.calls++;
    this.journal.high('inFlight', this.#running);
    try {
      return await work(await this.resource());
    } finally {
      this.#running--;
      this.#drained();
    }
  }

  protected perform(effect: SessionEffect): void {
    switch (effect) {
      // There is no handshake to wait for: clients are opened when they are first asked for.
      case 'build':
        this.tell({ type: 'session.built' });
        this.tell({ type: 'handshake.answered' });
        this.tell({ type: 'handshake.confirmed' });
        return;
      case 'rebuild':
        this.services.counters.restarts++;
        this.tell({ type: 'session.woken' });
        return;
      case 'confirm':
        this.confirmed();
        return;
      case 'watchQuiet':
        this.watchQuiet();
        return;
      case 'armIdle':
      case 'armEvict':
        this.armIdle();
        return;
      case 'disarm':
        this.disarm();
        return;
      case 'abandon':
      case 'fallAsleep':
        void this.#release();
        return;
      case 'settle':
        this.leave();
        this.#isSettling = true;
        this.#drained();
        return;
      case 'cut':
        this.leave();
        return;
      case 'release':
        this.inbox.close();
        this.feed.close();
        void this.#release().then(() => this.tell({ type: 'session.released' }));
        return;
      case 'bury':
        this.#onGone(this);
        this.bury();
        return;
      case 'greet':
      case 'dispatchStash':
        return;
    }
  }

  #hold(): Holding {
    if (this.snapshot.hasTag('ending'))
      throw new ActorsError('session-over', 'the scope has ended');
    if (this.#holding !== null) return this.#holding;
    let start!: (opened: unknown) => void;
    const resource = new Promise<unknown>((resolve) => (start = resolve));
    const holding = { resource, scope: new Scope(), abort: new AbortController() };
    this.#holding = holding;
    // After it is held: `open` itself may already own something.
    start(runInHost(() => this.#open(this)));
    resource.catch(() => {
      // The next caller tries again; what the failed attempt owned goes now.
      if (this.#holding === holding) void this.#release();
    });
    return holding;
  }

  async #release(): Promise<void> {
    const holding = this.#holding;
    this.#holding = null;
    if (holding === null) return;
    holding.abort.abort();
    await holding.scope.close(this.services.wait, (error) =>
      this.journal.orphan('resource', error),
    );
  }

  #drained(): void {
    if (this.#isSettling && this.#running === 0) this.tell({ type: 'session.settled' });
  }
}

/** A throw of `open` is its caller's to hear, like its rejection. */
async function runInHost(open: () => unknown): Promise<unknown> {
  return open();
}
