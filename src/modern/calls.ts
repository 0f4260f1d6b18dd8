import type { DeadlineQueue } from '../base/deadlines.ts';
import { randomId } from '../base/ids.ts';
import type { Services } from '../events/services.ts';
import { isObject, type RequestId, type RequestMessage } from '../wire/jsonrpc.ts';
import type { Params } from './envelope.ts';
import type { ModernSettings } from './options.ts';
import { canonical, type Seal } from './seal.ts';

/** Methods whose calls may ask, and be begun anew with the answers. */
export const RETRYABLE: ReadonlySet<string> = new Set([
  'tools/call',
  'prompts/get',
  'resources/read',
]);

/** What a token says. Short names: the client carries the token. */
interface Sealed {
  /** The call; absent where the author of the tool asks by itself. */
  readonly c?: number;
  /** The process that has the call. */
  readonly n: string;
  /** In a cluster: the session that has the call. */
  readonly h?: string;
  /** The round that is asked. */
  readonly r: number;
  /** When the call is given up, in milliseconds since the epoch. */
  readonly x: number;
  /** A digest of whose call it is. */
  readonly p: string;
  /** A digest of what was called, with which arguments. */
  readonly d: string;
  /** All answers so far, where the call can be run again. */
  readonly a?: Answers;
  /** The state of the author's own. */
  readonly s?: string;
}

/** Answers to questions, by the questions' keys. */
export type Answers = Readonly<Record<string, unknown>>;

/** A call, as a token is made for it. */
export interface Named {
  readonly method: string;
  readonly params: Params | undefined;
  readonly principal: string | undefined;
}

/** A call that waits for its client. */
export interface Parkable extends Named {
  /** The id under which the session knows the request: a number of this process. */
  readonly innerId: RequestId;
  readonly home: { readonly session: { readonly id: string; readonly key: string } };
  /** What the call holds while nobody holds its line, in bytes. */
  readonly bytes: number;
  readonly round: number;
  /** Nobody came back in time, or can any more. */
  expire(): void;
}

/** What the token of a request names. @template C a call */
export type Claim<C> =
  /** the call that waits, which is the claimant's from here on */
  | { readonly kind: 'call'; readonly call: C }
  /** a call of another process, which may have it still; `otherwise`: that is gone */
  | {
      readonly kind: 'away';
      readonly process: string;
      readonly session: string;
      readonly otherwise: Claim<never>;
    }
  /** a call of a process that is gone, to be run again */
  | { readonly kind: 'rerun'; readonly given: Answers }
  /** no call, but a state of the author's own */
  | { readonly kind: 'state'; readonly state: string }
  /** a call of ours that waited too long, or whose process is gone */
  | { readonly kind: 'lost' }
  /** nothing of ours, or nothing of this caller's, or used already: one answer for all */
  | { readonly kind: 'invalid' };

const INVALID: Claim<never> = { kind: 'invalid' };
const LOST: Claim<never> = { kind: 'lost' };

/** The calls of a runtime that wait for their clients, and the tokens that name them. @template C a call */
export class Calls<C extends Parkable> {
  readonly #settings: ModernSettings;
  readonly #services: Services;
  #seal: Seal | undefined;
  readonly #parked = new Map<number, C>();
  /** How many of each principal. */
  readonly #counts = new Map<string | undefined, number>();
  readonly #deadline: DeadlineQueue<C>;
  /** Names this process in tokens, where it is alone. */
  readonly #process = randomId();
  readonly #member: () => string | undefined;
  #bytes = 0;
  readonly #sizes = new Map<C, number>();

  /** @param member names this process among those of its cluster; `undefined`: there is none */
  constructor(
    settings: ModernSettings,
    services: Services,
    seal: Seal | undefined,
    member: () => string | undefined = () => undefined,
  ) {
    this.#member = member;
    this.#settings = settings;
    this.#services = services;
    this.#seal = seal;
    this.#deadline = services.deadlines.queue(settings.limits.parkMs, (call) => {
      services.counters.modern.abandoned++;
      this.#announce('call.abandoned', call);
      call.expire();
    });
  }

  /** Seals with another secret from here on: no token was made so far. */
  sealWith(seal: Seal | undefined): void {
    this.#seal = seal;
  }

  get size(): number {
    return this.#parked.size;
  }

  values(): Iterable<C> {
    return this.#parked.values();
  }

  /** When a parked call is given up, in milliseconds since the epoch. */
  deadlineOf(call: C): number | undefined {
    return this.#deadline.dueAt(call);
  }

  /** Whether one more call may wait. A limit that is met is counted. */
  hasRoom({ bytes, principal, home }: C): boolean {
    const { maxParked, maxParkedBytes, maxParkedAnonymous, maxParkedPerPrincipal } =
      this.#settings.limits;
    // Without cryptography there is no token to come back with.
    if (this.#seal === undefined) return false;
    const own = this.#counts.get(principal) ?? 0;
    const share =
      principal === undefined
        ? (['maxParkedAnonymous', maxParkedAnonymous] as const)
        : (['maxParkedPerPrincipal', maxParkedPerPrincipal] as const);
    const met =
      (own >= share[1] && share[0]) ||
      (this.#parked.size >= maxParked && 'maxParked') ||
      (this.#bytes + bytes > maxParkedBytes && 'maxParkedBytes');
    if (met === false) return true;
    this.#services.tripped(met, home.session.key);
    return false;
  }

  /** Has a call wait. @returns the token its client comes back with */
  park(call: C, had: Answers | undefined): string {
    const { principal, bytes } = call;
    this.#parked.set(Number(call.innerId), call);
    this.#services.counters.modern.waiting = this.#parked.size;
    this.#counts.set(principal, (this.#counts.get(principal) ?? 0) + 1);
    this.#sizes.set(call, bytes);
    this.#bytes += bytes;
    this.#deadline.arm(call);
    this.#services.counters.modern.parked++;
    this.#announce('call.parked', call);
    const { onLostCall } = this.#settings;
    return this.#token(call, {
      c: Number(call.innerId),
      ...(this.#member() !== undefined && { h: call.home.session.id }),
      r: call.round,
      ...(onLostCall === 'rerun' && had !== undefined && { a: had }),
    });
  }

  /** The handler of a parked call has answered. `false`: there is no room to keep the answer. */
  keeps(call: C, bytes: number): boolean {
    const { maxParkedBytes } = this.#settings.limits;
    const before = this.#sizes.get(call);
    // The deadline has passed in the same turn.
    if (before === undefined) return false;
    if (this.#bytes - before + bytes > maxParkedBytes) {
      this.#services.tripped('maxParkedBytes', call.home.session.key);
      return false;
    }
    this.#sizes.set(call, bytes);
    this.#bytes += bytes - before;
    return true;
  }

  /** A call waits no longer. */
  leave(call: C): void {
    if (!this.#parked.delete(Number(call.innerId))) return;
    this.#services.counters.modern.waiting = this.#parked.size;
    const { principal } = call;
    const left = (this.#counts.get(principal) ?? 1) - 1;
    if (left === 0) this.#counts.delete(principal);
    else this.#counts.set(principal, left);
    this.#bytes -= this.#sizes.get(call) ?? 0;
    this.#sizes.delete(call);
    this.#deadline.disarm(call);
  }

  /** The runtime is closed: nobody can come back to a call that still waits, or to its answer. */
  close(): void {
    for (const call of this.#parked.values()) call.expire();
  }

  /** Seals a state of the author's own: bound to its caller and call, and for a time. */
  wrap(call: Named, state: string): string {
    return this.#token(call, { r: 0, s: state });
  }

  /** What the token of a request names. A call is claimed once: the next claim finds nothing. */
  claim(token: unknown, message: RequestMessage, principal: string | undefined): Claim<C> {
    const sealed = this.#seal?.open(token);
    if (!isObject(sealed)) return INVALID;
    const { c, n, h, r, x, p, d, a, s } = sealed as unknown as Sealed;
    if (p !== this.#whose(principal) || d !== this.#what(called(message))) return INVALID;
    const isLate = x <= this.#services.clock.now();
    if (c === undefined) return isLate || s === undefined ? LOST : { kind: 'state', state: s };
    if (isLate) return LOST;
    if (n !== this.#self) {
      const isLost = a === undefined || this.#settings.onLostCall === 'error';
      const otherwise: Claim<never> = isLost ? LOST : { kind: 'rerun', given: a };
      return h === undefined ? otherwise : { kind: 'away', process: n, session: h, otherwise };
    }
    const call = this.#parked.get(c);
    if (call === undefined || call.round !== r) return INVALID;
    this.leave(call);
    this.#services.counters.modern.claimed++;
    this.#announce('call.claimed', call);
    return { kind: 'call', call };
  }

  get #self(): string {
    return this.#member() ?? this.#process;
  }

  #token(call: Named, own: Pick<Sealed, 'c' | 'h' | 'r' | 'a' | 's'>): string {
    const seal = this.#seal!;
    return seal.seal({
      ...own,
      n: this.#self,
      x: this.#services.clock.now() + this.#settings.limits.parkMs,
      p: this.#whose(call.principal),
      d: this.#what(call),
    });
  }

  #whose(principal: string | undefined): string {
    return this.#seal!.digest(JSON.stringify([principal ?? null]));
  }

  #what({ method, params }: Omit<Named, 'principal'>): string {
    return this.#seal!.digest(
      canonical([method, params?.['name'], params?.['arguments'], params?.['uri']]),
    );
  }

  #announce(name: 'call.parked' | 'call.claimed' | 'call.abandoned', call: C): void {
    const { home, method, round } = call;
    this.#services.events.emit(name, { session: home.session.key, method, round });
  }
}

function called({ method, params }: RequestMessage): Omit<Named, 'principal'> {
  return { method, params };
}
