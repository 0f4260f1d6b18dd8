import { ActorsError } from '../base/errors.ts';
import type { DeadlineQueue, Deadlines } from '../base/deadlines.ts';
import type { ClusterHost } from '../directory/cluster.ts';
import type { Incarnation } from './engine.ts';
import type { ExchangeId, FrameOf } from './frame.ts';
import type { Mail } from './mail.ts';
import { askedOf } from './verbAsked.ts';

/** How long a verb is known after its end. */
const KNOWN_MS = 60_000;

/** What served verbs need of their node. */
export interface ServedVerbsHost {
  readonly mail: Mail;
  readonly deadlines: Deadlines;
  readonly runtime: Pick<ClusterHost, 'act' | 'of' | 'views'>;
}

interface Served {
  readonly id: ExchangeId;
  /** Who has asked last. */
  from: Incarnation;
  said: FrameOf<'said'> | undefined;
}

/** Does what the operators of other nodes ask of this one: each verb once, however often it is asked. */
export class ServedVerbs {
  readonly #host: ServedVerbsHost;
  readonly #known = new Map<ExchangeId, Served>();
  readonly #ended: DeadlineQueue<Served>;

  constructor(host: ServedVerbsHost) {
    this.#host = host;
    this.#ended = host.deadlines.queue(KNOWN_MS, ({ id }) => void this.#known.delete(id));
  }

  take(from: Incarnation, frame: FrameOf<'verb'>): void {
    const { id } = frame;
    const known = this.#known.get(id);
    if (known === undefined) {
      const served: Served = { id, from, said: undefined };
      this.#known.set(id, served);
      void this.#serve(served, frame);
      return;
    }
    known.from = from;
    if (known.said !== undefined) this.#say(known);
  }

  async #serve(served: Served, frame: FrameOf<'verb'>): Promise<void> {
    const { id } = served;
    try {
      served.said = { type: 'said', id, answer: await this.#do(frame), error: undefined };
    } catch (error) {
      // The message stays here: it may say what is nobody's business elsewhere.
      const code = error instanceof ActorsError ? error.code : 'store-unavailable';
      served.said = { type: 'said', id, answer: undefined, error: code };
    }
    this.#ended.arm(served);
    this.#say(served);
  }

  async #do(frame: FrameOf<'verb'>): Promise<unknown> {
    const asked = askedOf(frame);
    // Of a later release.
    if (asked === undefined) return undefined;
    const { runtime } = this.#host;
    if ('sessions' in asked) return runtime.views(asked.sessions);
    const { session, space, verb } = asked;
    return (space === undefined ? runtime : runtime.of(space)).act(session, verb);
  }

  #say({ from, said }: Served): void {
    // Whoever does not hear asks again.
    void this.#host.mail.post(from, said!);
  }
}
