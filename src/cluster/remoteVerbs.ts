import { ActorsError, type ErrorCode } from '../base/errors.ts';
import type { Done, Verb } from '../directory/verb.ts';
import type { SessionView } from '../directory/view.ts';
import { isObject } from '../wire/jsonrpc.ts';
import { bootOf, type Incarnation } from './engine.ts';
import type { ExchangeId, FrameOf } from './frame.ts';
import type { Lookout, Sought } from './lookout.ts';
import type { OwnerWatch } from './ownerWatch.ts';
import { RemoteVerb } from './remoteVerb.ts';
import type { RemoteNode } from './remoteNode.ts';
import { contentOf, type VerbAsked } from './verbAsked.ts';

/** How long an owner may take to show sessions. */
const VIEWS_MS = 2000;
/** Sessions that are shown in one answer: a frame has room for their requests in flight. */
const VIEWS = 50;
/** How soon a session that has moved is looked for again. */
const PAUSE_MS = 50;

/** What verbs need of the node whose operator has them. */
export interface RemoteVerbsHost {
  readonly node: RemoteNode;
  readonly lookout: Lookout;
  readonly watch: OwnerWatch;
  /** How long an owner may take to act. */
  readonly actMs: number;
}

/** Has other nodes act on their sessions, for this node's operator. */
export class RemoteVerbs {
  readonly #host: RemoteVerbsHost;
  readonly #asked = new Map<ExchangeId, RemoteVerb>();
  #count = 0;
  #isClosed = false;

  constructor(host: RemoteVerbsHost) {
    this.#host = host;
  }

  /**
   * Has a node act on a session.
   *
   * @param sought the session, or what else a space has, by the fingerprint of its id
   * @throws ActorsError `store-unavailable` where the node does not say what came of it; with the code
   * of what the node failed with
   */
  async act(owner: Incarnation, session: string, sought: Sought, verb: Verb): Promise<Done> {
    const { actMs, lookout } = this.#host;
    const said = await this.#ask(owner, { session, space: sought.space, verb }, actMs);
    if (said === 'late') throw unavailable();
    if (said === 'gone') {
      await lookout.next(sought, owner);
      return 'moved';
    }
    if (said.error !== undefined) throw new ActorsError(said.error as ErrorCode, FAILED);
    if (said.answer === 'moved') {
      await this.#pause();
      return 'moved';
    }
    if (said.answer === 'busy') return 'busy';
    if (typeof said.answer !== 'boolean') throw unavailable();
    return said.answer;
  }

  /** What a node shows of sessions; nothing of those that it does not have, or where it is silent. */
  async views(owner: Incarnation, ids: readonly string[]): Promise<readonly SessionView[]> {
    // What is on its way out of this process is shown as it is stored.
    if (bootOf(owner) === bootOf(this.#host.node.incarnation)) return [];
    const parts: Promise<readonly SessionView[]>[] = [];
    for (let at = 0; at < ids.length; at += VIEWS) {
      parts.push(this.#views(owner, ids.slice(at, at + VIEWS)));
    }
    return (await Promise.all(parts)).flat();
  }

  /** Takes what another node says of a verb. */
  take(from: Incarnation, frame: FrameOf<'said'>): void {
    this.#asked.get(frame.id)?.take(from, frame);
  }

  /** The node leaves: nobody waits any more. */
  close(): void {
    this.#isClosed = true;
    for (const verb of this.#asked.values()) verb.give('late');
  }

  async #views(owner: Incarnation, sessions: readonly string[]): Promise<readonly SessionView[]> {
    const said = await this.#ask(owner, { sessions }, VIEWS_MS);
    if (typeof said === 'string' || !Array.isArray(said.answer)) return [];
    return said.answer.filter((view): view is SessionView => isObject(view));
  }

  async #ask(owner: Incarnation, asked: VerbAsked, forMs: number) {
    const { node, watch } = this.#host;
    if (this.#isClosed) return 'late';
    const id = `${node.incarnation}/v${++this.#count}`;
    const frame = { type: 'verb', id, ...contentOf(asked) } as const;
    const verb = new RemoteVerb(owner, frame, { node, watch });
    this.#asked.set(id, verb);
    try {
      return await verb.ask(forMs);
    } finally {
      this.#asked.delete(id);
    }
  }

  #pause(): Promise<void> {
    const { deadlines } = this.#host.node;
    return new Promise((resolve) => deadlines.at(deadlines.now() + PAUSE_MS, resolve));
  }
}

const FAILED = 'the process that has the session has failed';

function unavailable(): ActorsError {
  return new ActorsError('store-unavailable', 'the process that has the session does not answer');
}
