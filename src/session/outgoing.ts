import type { EndReason } from '../../machines/session.ts';
import type { DeadlineQueue } from '../base/deadlines.ts';
import { callIn } from './context.ts';
import type { Exchange, Outlet } from './exchange.ts';
import type { Journal, ProgressEntry } from '../events/journal.ts';
import type { Mailbox } from './mailbox.ts';
import type { Ask } from './envelope.ts';
import type { Services } from '../events/services.ts';
import { type Question, Questions } from './questions.ts';
import type { SharedLists } from './sharedLists.ts';
import type { Session } from './session.ts';
import type { ServerVoice } from './transport.ts';
import {
  isRequestId,
  isResponse,
  type Message,
  type NotificationMessage,
  type RequestId,
  type RequestMessage,
  type ResponseMessage,
  type RpcError,
} from '../wire/jsonrpc.ts';
import { relabel, textOf } from '../wire/verbatim.ts';

/** What the outgoing side of a session needs of the session. */
export interface OutgoingHost {
  readonly outlet: Outlet;
  /** The outlet, if the session ever needed one. */
  readonly openOutlet: Outlet | null;
  readonly journal: Journal;
  readonly services: Services;
  readonly isConfirmed: boolean;
  readonly principal: string | undefined;
  /** What the session is of where no client named it. */
  readonly home: string | undefined;
  readonly mailbox: Mailbox;
  readonly session: Session;
  now(): number;
  /** A question pins the session: the session is in use again. */
  activate(): void;
  /** What the store keeps of the session, its open questions among it, has changed. */
  stateChanged(): void;
  deliver(message: Message): void;
  /** Questions that wait, up to `unreachableAfterMs`, for a stream they can travel on. */
  readonly world: {
    readonly unreached: DeadlineQueue<Question>;
    readonly lists: Pick<SharedLists, 'said'> | undefined;
  };
  drained(): void;
  close(reason: EndReason): void;
}

const NONE: string[] = [];

const UNDELIVERABLE: RpcError = {
  code: -32000,
  message: 'The client has no open stream',
  data: { code: 'undeliverable' },
};

/** What a server may say about the call at hand without naming the call. */
const OF_A_CALL: ReadonlySet<string> = new Set(['notifications/message', 'notifications/progress']);

/** What a server may say before its client has confirmed the handshake (row L2). */
const EARLY: ReadonlySet<string> = new Set(['ping', 'notifications/message']);

/**
 * What a session's server says besides its answers: notifications and questions, each on one
 * stream, in the turn they were said; and what the client says about the questions.
 */
export class Outgoing implements ServerVoice {
  readonly #host: OutgoingHost;
  #questions: Questions | null = null;
  #epoch = 1;
  #held: { message: NotificationMessage | RequestMessage; json: string }[] | null = null;
  #progress: Map<RequestId, ProgressEntry> | null = null;

  constructor(host: OutgoingHost) {
    this.#host = host;
  }

  /** The call that this code runs for, where the session has calls that outlive what brought them. */
  get #callNow(): RequestId | undefined {
    return callIn(this.#host.session)?.innerId;
  }

  /** How many questions pin the session. */
  get references(): number {
    return this.#questions?.pinning ?? 0;
  }

  /** How many questions have no answer. */
  get open(): number {
    return this.#questions?.size ?? 0;
  }

  /** The method of an open question; `undefined` where the id names none. */
  asked(id: RequestId): string | undefined {
    const found = this.#questions?.recognise(id);
    return typeof found === 'object' ? found.method : undefined;
  }

  get progress(): ProgressEntry[] {
    return [...(this.#progress?.values() ?? [])];
  }

  /** Methods of the questions that keep the session in use. */
  get methods(): string[] {
    return this.#questions?.methods ?? NONE;
  }

  /** Starts an incarnation: nobody waits for answers to the last server's questions (law 9). */
  begin(epoch: number): void {
    this.end();
    this.#epoch = epoch;
    this.#questions = null;
  }

  /** Forgets questions, held messages and progress: nobody waits for them any more. */
  end(): void {
    for (const question of this.#questions?.clear() ?? [])
      this.#host.world.unreached.disarm(question);
    for (const { message, json } of this.#held?.splice(0) ?? []) {
      this.#host.mailbox.account.give(json.length);
      this.#host.journal.deadLetter('out', message, 'closed');
    }
    this.#progress = null;
  }

  late(message: Message): void {
    this.#host.journal.deadLetter('out', message, 'closed');
  }

  closedByServer(): void {
    // The server is closed: it can not answer what is in flight.
    this.#host.mailbox.cut('session-ended', 'all', { reason: 'terminated' });
    this.#host.close('terminated');
  }

  get isReachable(): boolean {
    return this.#host.outlet.isReachable;
  }

  drained(): Promise<void> | undefined {
    return this.#host.openOutlet?.drained();
  }

  due(): Promise<void> | undefined {
    return this.#host.services.turns.due();
  }

  tell(notification: NotificationMessage, related?: RequestId): boolean {
    let message = notification;
    this.#host.world.lists?.said(this.#host, message.method);
    const isOfCall = OF_A_CALL.has(message.method);
    const relatedTo = related ?? (isOfCall ? this.#callNow : undefined);
    if (message.method === 'notifications/cancelled') {
      const question = this.#questions?.named(message.params?.['requestId']);
      // The question was answered a moment ago: the client has nothing to stop.
      if (question === undefined) return true;
      this.#close(question);
      if (question.exchange?.unask !== undefined) {
        question.exchange.unask(question.wireId);
        if (this.references === 0) this.#host.drained();
        return true;
      }
      message = { ...message, params: { ...message.params, requestId: question.wireId } };
      if (this.references === 0) this.#host.drained();
      // The question's call and its stream were cancelled: the client still waits for an end.
      const isOrphan = relatedTo !== undefined && this.#host.mailbox.find(relatedTo) === undefined;
      if (isOrphan) return this.#say(message, undefined);
    } else if (message.method === 'notifications/progress') {
      this.#note(message, relatedTo);
    }
    return this.#say(message, relatedTo);
  }

  ask(request: RequestMessage, said: RequestId | undefined): void {
    const { home, isConfirmed, outlet, mailbox } = this.#host;
    const own = said ?? this.#callNow;
    // A handler that does not say for which request it asks can only mean the one there is; but
    // where many clients share a session, that may be another client's.
    const isLost = own === undefined && home === undefined && isConfirmed && !outlet.isReachable;
    const relatedTo = isLost ? mailbox.only : own;
    const exchange = relatedTo === undefined ? undefined : mailbox.find(relatedTo)?.exchange;
    this.#questions ??= new Questions(this.#epoch);
    const { question, message } = this.#questions.open(request, exchange);
    // A ping only asks whether the client is there: it keeps no session awake.
    if (request.method !== 'ping') {
      this.#host.activate();
      this.#host.stateChanged();
    }
    if (exchange?.ask !== undefined) {
      const { id: wireId } = message;
      this.#host.journal.saw('out', 'request', message, 0, message);
      exchange.ask({ wireId, message, fail: (error) => this.#fail(question, error) });
      return;
    }
    if (!this.#say(message, relatedTo)) return this.#fail(question);
    if (this.#reaches(exchange)) return;
    question.giveUp = () => this.#giveUp(question);
    this.#host.world.unreached.arm(question);
  }

  /** Takes a client's answer to a question, or its progress on one (rows E1, C2; law 9). */
  receive(message: ResponseMessage | NotificationMessage): void {
    const id = isResponse(message) ? message.id : message.params?.['progressToken'];
    this.#questions ??= new Questions(this.#epoch);
    const found = this.#questions.recognise(id);
    if (typeof found === 'string') {
      this.#host.journal.deadLetter('in', message, found);
      return;
    }
    if (isResponse(message)) {
      this.#close(found);
      this.#host.deliver(relabel(message, found.localId));
      if (this.references === 0) this.#host.drained();
    } else {
      const params = { ...message.params, progressToken: found.localToken };
      this.#host.deliver({ ...message, params });
    }
  }

  /** The client has confirmed the handshake: messages held back until then go out (row L2). */
  confirm(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const { json } of held) {
      this.#host.mailbox.account.give(json.length);
      this.#host.outlet.tell(json);
    }
  }

  /** A request is settled: its progress is forgotten. */
  settled(ask: Ask): void {
    if (this.#progress === null) return;
    const token = tokenOf(ask);
    if (isRequestId(token)) this.#progress.delete(token);
  }

  /** No stream came for a question: the server gets one clear error instead of a long wait. */
  #giveUp(question: Question): void {
    if (this.#reaches(question.exchange)) return;
    this.#host.journal.tripped('unreachableAfterMs');
    this.#fail(question);
  }

  #fail(question: Question, error: RpcError = UNDELIVERABLE): void {
    this.#close(question);
    this.#host.deliver({ jsonrpc: '2.0', id: question.localId, error });
    if (this.references === 0) this.#host.drained();
  }

  #close(question: Question): void {
    if (question.method !== 'ping') this.#host.stateChanged();
    this.#questions?.close(question);
    this.#host.world.unreached.disarm(question);
  }

  #say(message: NotificationMessage | RequestMessage, relatedTo: RequestId | undefined): boolean {
    const json = textOf(message);
    if (json === undefined) {
      this.#host.journal.deadLetter('out', message, 'malformed');
      return false;
    }
    this.#host.services.turns.said(json.length);
    const kind = 'id' in message ? 'request' : 'notification';
    this.#host.journal.saw('out', kind, message, json.length, json);
    if (relatedTo !== undefined) {
      const ask = this.#host.mailbox.find(relatedTo);
      if (ask === undefined) {
        this.#host.journal.deadLetter('out', message, 'late');
        return false;
      }
      // Where the answer is plain JSON, or its client left, only the GET stream remains (row P9).
      if (ask.exchange.tell(json)) return true;
    }
    if (!this.#host.isConfirmed && !EARLY.has(message.method)) return this.#hold(message, json);
    if (this.#host.outlet.tell(json)) return true;
    this.#host.journal.deadLetter('out', message, 'closed');
    return false;
  }

  /** Whether a question can travel now: on its exchange's stream, or else on the outlet. */
  #reaches(exchange: Exchange | undefined): boolean {
    const reach = exchange?.reach ?? 'none';
    return reach === 'live' || (reach === 'none' && this.#host.outlet.isReachable);
  }

  #hold(message: NotificationMessage | RequestMessage, json: string): boolean {
    this.#held ??= [];
    const { journal, mailbox, services } = this.#host;
    const isFull = this.#held.length >= services.limits.maxQueue;
    if (isFull) journal.tripped('maxQueue');
    if (isFull || !mailbox.account.take(json.length)) {
      journal.deadLetter('out', message, 'full');
      return false;
    }
    this.#held.push({ message, json });
    return true;
  }

  #note({ params }: NotificationMessage, relatedTo: RequestId | undefined): void {
    const { progressToken: token, progress, total } = params ?? {};
    if (!isRequestId(token) || typeof progress !== 'number' || relatedTo === undefined) return;
    const ask = this.#host.mailbox.find(relatedTo);
    // Only tokens of requests in flight are kept, so `maxInFlight` bounds this table too.
    if (ask === undefined || tokenOf(ask) !== token) return;
    this.#progress ??= new Map();
    this.#progress.set(token, {
      token,
      progress,
      total: typeof total === 'number' ? total : undefined,
      at: this.#host.now(),
    });
  }
}

function tokenOf({ message: { params } }: Ask): unknown {
  return (params?.['_meta'] as { progressToken?: unknown } | undefined)?.progressToken;
}
