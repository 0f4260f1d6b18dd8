import type { Services } from '../events/services.ts';
import { isRequest, type Message, type RequestId, type ResponseMessage } from '../wire/jsonrpc.ts';
import { keptText, texts } from '../wire/verbatim.ts';
import type { Ask } from './envelope.ts';

/** What a server may list that changes with one notification. */
type Kind = 'tools' | 'prompts' | 'resources';

const LISTS: ReadonlyMap<string, Kind> = new Map([
  ['tools/list', 'tools'],
  ['prompts/list', 'prompts'],
  ['resources/list', 'resources'],
  ['resources/templates/list', 'resources'],
]);

const CHANGES: ReadonlyMap<string, Kind> = new Map([
  ['notifications/tools/list_changed', 'tools'],
  ['notifications/prompts/list_changed', 'prompts'],
  ['notifications/resources/list_changed', 'resources'],
]);

/** A session, as lists that are shared need it. */
export interface ListSession {
  readonly principal: string | undefined;
  /** What the session is of where no client named it: each of these has lists of its own. */
  readonly home: string | undefined;
  /** How many servers the session has had. */
  readonly epoch: number;
  /** Code of the user's own may change what is listed without a word. */
  readonly userActors: object | undefined;
  readonly handshake: {
    readonly protocolVersion: string | undefined;
    readonly clientCapabilities: object | undefined;
    readonly clientInfo: object | undefined;
  };
  readonly mailbox: {
    find(innerId: RequestId): Ask | undefined;
    settle(response: ResponseMessage): void;
  };
  /** Goes on in the session's context. */
  later<T>(promise: PromiseLike<T>, go: (value: T) => void): void;
}

/** A list, as a server gave it. */
interface List {
  readonly kind: Kind;
  readonly text: string;
  /** The text, and what a client has said of itself, by which the list is found. */
  readonly bytes: number;
}

/** The lists of one principal, the one that was made first first. */
interface Account {
  readonly lists: Map<string, List>;
  bytes: number;
}

/** Of all bytes, those of one principal: its clients may say of themselves what they like. */
const SHARE = 1 / 8;

/** Of a result that is given as text. */
const UNREAD = {};

const DONE = Promise.resolve();

/**
 * Lists of tools, prompts, resources and templates that the server of one session has made, for other
 * sessions of the same principal whose clients said the same of themselves.
 *
 * A session that says that a list of its own has changed has a list of its own from then on, and so has
 * one that was rebuilt, or that has actors.
 */
export class SharedLists {
  readonly #services: Pick<Services, 'limits' | 'tripped' | 'counters'>;
  /** By principal, the one whose lists were used longest ago first. */
  readonly #accounts = new Map<string | undefined, Account>();
  #bytes = 0;
  /** Sessions with lists of their own, by which. */
  readonly #own = new WeakMap<object, Set<Kind>>();
  /** How many changes there were when a list was asked for: an answer from before one is no answer. */
  readonly #asked = new WeakMap<Ask, number>();
  #changes = 0;

  constructor(services: Pick<Services, 'limits' | 'tripped' | 'counters'>) {
    this.#services = services;
  }

  /** Answers a request for a list that is known. @returns whether the request is answered */
  answer(session: ListSession, message: Message): boolean {
    const kind = kindOf(message);
    if (kind === undefined || !this.#isShared(session, kind) || !isRequest(message)) return false;
    const { id, method } = message;
    const ask = session.mailbox.find(id);
    if (ask === undefined) return false;
    const list = this.#find(session, method);
    if (list === undefined) {
      this.#asked.set(ask, this.#changes);
      return false;
    }
    this.#services.counters.sharedLists++;
    const response: ResponseMessage = { jsonrpc: '2.0', id, result: UNREAD };
    texts.set(response, `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${list.text}}`);
    // Like an answer of a server: not in the turn in which the request is handed on.
    session.later(DONE, () => {
      if (session.mailbox.find(id) === ask) session.mailbox.settle(response);
    });
    return true;
  }

  /** Keeps what a server has answered, where that is a list for others as well. */
  keep(session: ListSession, ask: Ask, response: ResponseMessage | undefined): void {
    const result = response?.result;
    const changes = this.#asked.get(ask);
    const kind = LISTS.get(ask.message.method);
    if (kind === undefined || changes !== this.#changes || !this.#isShared(session, kind)) return;
    // A page of a list, or something that is meant for one request.
    if (result === undefined || 'nextCursor' in result || '_meta' in result) return;
    // Its value would be written as another one.
    if (keptText(response!) !== undefined) return;
    const { principal } = session;
    const key = keyOf(session, ask.message.method);
    const text = JSON.stringify(result);
    const bytes = text.length + key.length + (principal?.length ?? 0);
    const { maxSharedListBytes } = this.#services.limits;
    if (bytes > maxSharedListBytes * SHARE) return this.#services.tripped('maxSharedListBytes');
    const account = this.#accountOf(principal);
    this.#take(account, key);
    this.#makeRoomIn(account, maxSharedListBytes * SHARE - bytes);
    account.lists.set(key, { kind, text, bytes });
    account.bytes += bytes;
    this.#bytes += bytes;
    this.#makeRoom(maxSharedListBytes);
  }

  /** The server of a session has said something; that may be that a list has changed. */
  said(session: Pick<ListSession, 'principal'>, method: string): void {
    const kind = CHANGES.get(method);
    if (kind === undefined) return;
    const own = this.#own.get(session);
    if (own === undefined) this.#own.set(session, new Set([kind]));
    else own.add(kind);
    this.#forget(kind, session.principal);
  }

  /** A list has changed for everybody. @param principal or for that principal alone */
  changed(method: string, principal: string | undefined): void {
    const kind = CHANGES.get(method);
    if (kind === undefined) return;
    if (principal !== undefined) return this.#forget(kind, principal);
    this.#changes++;
    for (const each of this.#accounts.keys()) this.#forget(kind, each);
  }

  #isShared(session: ListSession, kind: Kind): boolean {
    const { epoch, home, userActors } = session;
    if (home !== undefined || epoch > 1 || userActors !== undefined) return false;
    return this.#own.get(session)?.has(kind) !== true;
  }

  #find(session: ListSession, method: string): List | undefined {
    const list = this.#accounts.get(session.principal)?.lists.get(keyOf(session, method));
    if (list !== undefined) this.#accountOf(session.principal);
    return list;
  }

  /** The account of a principal, which is used now. */
  #accountOf(principal: string | undefined): Account {
    const account = this.#accounts.get(principal) ?? { lists: new Map<string, List>(), bytes: 0 };
    this.#accounts.delete(principal);
    this.#accounts.set(principal, account);
    return account;
  }

  #forget(kind: Kind, principal: string | undefined): void {
    this.#changes++;
    const account = this.#accounts.get(principal);
    if (account === undefined) return;
    for (const [key, list] of account.lists) if (list.kind === kind) this.#take(account, key);
    if (account.lists.size === 0) this.#accounts.delete(principal);
  }

  #take(account: Account, key: string): void {
    const bytes = account.lists.get(key)?.bytes ?? 0;
    account.lists.delete(key);
    account.bytes -= bytes;
    this.#bytes -= bytes;
  }

  /** The oldest lists of a principal make room for one of its own. */
  #makeRoomIn(account: Account, most: number): void {
    for (const key of account.lists.keys()) {
      if (account.bytes <= most) return;
      this.#services.tripped('maxSharedListBytes');
      this.#take(account, key);
    }
  }

  /** Whose lists were used longest ago loses them. */
  #makeRoom(maxBytes: number): void {
    for (const [principal, account] of this.#accounts) {
      if (this.#bytes <= maxBytes) return;
      this.#services.tripped('maxSharedListBytes');
      for (const key of account.lists.keys()) this.#take(account, key);
      this.#accounts.delete(principal);
    }
  }
}

/** What a message asks to be listed; `undefined`: nothing, or a page that is not the first. */
function kindOf(message: Message): Kind | undefined {
  if (!('method' in message) || !('id' in message)) return undefined;
  const kind = LISTS.get(message.method);
  return kind !== undefined && message.params?.['cursor'] === undefined ? kind : undefined;
}

/** What a list may depend on, but for the principal. */
function keyOf({ handshake }: ListSession, method: string): string {
  const { clientCapabilities, clientInfo, protocolVersion } = handshake;
  return JSON.stringify([method, protocolVersion, clientCapabilities, clientInfo]);
}
