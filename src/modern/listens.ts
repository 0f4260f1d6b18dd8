import type { Services } from '../events/services.ts';
import type { StreamTimers } from '../http/streamTimers.ts';
import { isObject, type RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import { messageFrame, STREAM_HEADERS } from '../wire/sse.ts';
import { type Params, SERVER_INFO, SUBSCRIPTION } from './envelope.ts';
import type { Home } from './home.ts';
import type { ModernLimits } from './options.ts';
import type { Task } from './task.ts';

/** What a client wants to hear of, as far as its server can say it. */
export interface Filter {
  readonly toolsListChanged?: true;
  readonly promptsListChanged?: true;
  readonly resourcesListChanged?: true;
  readonly resourceSubscriptions?: readonly string[];
  readonly taskIds?: readonly string[];
}

/** What streams need of the stateless revision. */
export interface ListensShare {
  readonly services: Services;
  readonly settings: { readonly limits: ModernLimits };
  readonly timers: StreamTimers;
  readonly listens: Listens;
  /** What is known of a principal's lists is out of date. */
  listsChanged(principal: string | undefined): void;
}

/** The notifications without content, by what asks for them. */
const LISTS: ReadonlyMap<
  string,
  'toolsListChanged' | 'promptsListChanged' | 'resourcesListChanged'
> = new Map([
  ['notifications/tools/list_changed', 'toolsListChanged'],
  ['notifications/prompts/list_changed', 'promptsListChanged'],
  ['notifications/resources/list_changed', 'resourcesListChanged'],
]);
const UPDATED = 'notifications/resources/updated';

/** Most resources that one stream may follow, and most characters of their addresses together. */
const MAX_RESOURCES = 256;
const MAX_RESOURCE_CHARACTERS = 16 * 1024;
/** Most tasks that one stream may follow. */
const MAX_TASKS = 256;

/** What is asked for, as far as it can be said. @param isOwn the task of an id is the caller's */
export function honoured(
  asked: Params,
  capabilities: Params,
  isOwn: (id: string) => boolean,
): Filter {
  const has = (what: string, how: string): boolean => {
    const capability = capabilities[what];
    return isObject(capability) && capability[how] === true;
  };
  const lists = (['tools', 'prompts', 'resources'] as const)
    .filter((what) => asked[`${what}ListChanged`] === true && has(what, 'listChanged'))
    .map((what) => [`${what}ListChanged`, true] as const);
  const uris = asked['resourceSubscriptions'];
  const tasks: unknown = asked['taskIds'];
  const follows = Array.isArray(uris) && has('resources', 'subscribe');
  return {
    ...Object.fromEntries(lists),
    ...(follows && { resourceSubscriptions: fitting(uris) }),
    ...(Array.isArray(tasks) && { taskIds: texts(tasks).slice(0, MAX_TASKS).filter(isOwn) }),
  };
}

function fitting(uris: readonly unknown[]): string[] {
  let characters = 0;
  return texts(uris)
    .slice(0, MAX_RESOURCES)
    .filter((uri) => {
      characters += uri.length;
      return characters <= MAX_RESOURCE_CHARACTERS;
    });
}

/** The texts in a list from the wire, each once. */
function texts(list: readonly unknown[]): string[] {
  return [...new Set(list.filter((each) => typeof each === 'string'))];
}

/** One open `subscriptions/listen`. */
export class Listen {
  readonly home: Home;
  readonly filter: Filter;
  readonly principal: string | undefined;
  readonly #id: RequestId;
  readonly #port: ResponsePort;
  readonly #share: ListensShare;
  /** List changes that the client has not taken yet: one of each kind is enough. */
  readonly #pending = new Set<string>();
  #isOver = false;

  constructor(
    home: Home,
    share: ListensShare,
    about: { readonly id: RequestId; readonly principal: string | undefined },
    filter: Filter,
    port: ResponsePort,
  ) {
    this.home = home;
    this.filter = filter;
    this.principal = about.principal;
    this.#id = about.id;
    this.#port = port;
    this.#share = share;
  }

  /** Begins the stream with what it will say. */
  open(): void {
    this.#port.open(STREAM_HEADERS);
    this.home.unread.open(this.#port);
    this.#share.services.counters.streams++;
    this.say('notifications/subscriptions/acknowledged', { notifications: this.filter });
    this.#share.timers.keepAlive.arm(this.#port);
    this.#port.whenGone(() => this.#close());
  }

  /** Says something the client has asked to hear. */
  say(method: string, params: Params = {}): void {
    const meta = isObject(params['_meta']) ? params['_meta'] : {};
    const said = { ...params, _meta: { ...meta, [SUBSCRIPTION]: this.#id } };
    this.home.write(
      this.#port,
      messageFrame(JSON.stringify({ jsonrpc: '2.0', method, params: said })),
    );
  }

  /** Says that a list has changed, once for all changes that the client has not read of yet. */
  changed(method: string): void {
    if (this.#pending.has(method)) return;
    if (this.#port.unread === 0) return this.say(method);
    this.#pending.add(method);
    this.home.session.later(this.#port.drained(), () => {
      this.#pending.delete(method);
      if (!this.#isOver) this.say(method);
    });
  }

  /** Ends the stream in order: nothing more will be said. */
  end(): void {
    const { serverInfo } = this.home.said ?? {};
    const meta = {
      [SUBSCRIPTION]: this.#id,
      ...(serverInfo !== undefined && { [SERVER_INFO]: serverInfo }),
    };
    const result = { resultType: 'complete', _meta: meta };
    const json = JSON.stringify({ jsonrpc: '2.0', id: this.#id, result });
    if (!this.#port.gone) {
      this.#port.write(messageFrame(json));
      this.#port.end();
    }
    if (this.#port.unread > 0) this.home.unread.add(this.#port);
    this.#close();
  }

  #close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#share.services.counters.streams--;
    this.#share.timers.keepAlive.disarm(this.#port);
    this.#share.listens.closed(this);
  }
}

/** All open `subscriptions/listen` of a runtime, by whose they are. */
export class Listens {
  readonly #share: ListensShare;
  readonly #byPrincipal = new Map<string | undefined, Set<Listen>>();
  readonly #byHome = new Map<Home, Set<Listen>>();
  #size = 0;

  constructor(share: ListensShare) {
    this.#share = share;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether a principal may have one more. A limit that is met is counted. */
  hasRoom(principal: string | undefined): boolean {
    const { limits } = this.#share.settings;
    const own = this.#byPrincipal.get(principal)?.size ?? 0;
    const share = principal === undefined ? 'maxListensAnonymous' : 'maxListensPerPrincipal';
    const isShareUsed = own >= limits[share];
    if (this.#size < limits.maxListens && !isShareUsed) return true;
    this.#share.services.tripped(isShareUsed ? share : 'maxListens');
    return false;
  }

  opened(listen: Listen): void {
    const own = this.#byPrincipal.get(listen.principal) ?? new Set();
    this.#byPrincipal.set(listen.principal, own.add(listen));
    this.#size++;
    const { home } = listen;
    home.listens.add(listen);
    this.#byHome.set(home, (this.#byHome.get(home) ?? new Set()).add(listen));
    this.#share.services.counters.modern.listens = this.#size;
    if (home.listens.size === 1) home.attached(true);
  }

  closed(listen: Listen): void {
    const own = this.#byPrincipal.get(listen.principal);
    if (own?.delete(listen) !== true) return;
    if (own.size === 0) this.#byPrincipal.delete(listen.principal);
    this.#size--;
    const { home } = listen;
    home.listens.delete(listen);
    const there = this.#byHome.get(home);
    there?.delete(listen);
    if (there?.size === 0) this.#byHome.delete(home);
    this.#share.services.counters.modern.listens = this.#size;
    if (home.listens.size === 0) home.attached(false);
    home.unfollow(listen);
    home.left();
  }

  /** What a home's server said outside any call. `false`: this revision has no place for it. */
  tell(home: Home, method: string, params: Params | undefined): boolean {
    if (method === UPDATED) {
      for (const listen of this.#at(home)) updated(listen, params);
      return true;
    }
    const list = LISTS.get(method);
    if (list === undefined) return false;
    const { principal } = home.session;
    this.#share.listsChanged(principal);
    for (const listen of new Set([...this.#at(home), ...this.#of(principal)])) {
      if (listen.filter[list] === true) listen.changed(method);
    }
    return true;
  }

  /** A list has changed for a principal, in whichever of its homes or sessions. */
  changed(principal: string | undefined, method: string): void {
    const list = LISTS.get(method);
    if (list === undefined) return;
    this.#share.listsChanged(principal);
    for (const listen of this.#of(principal)) {
      if (listen.filter[list] === true) listen.changed(method);
    }
  }

  taskChanged({ id, principal, details }: Task): void {
    for (const listen of this.#of(principal)) {
      if (listen.filter.taskIds?.includes(id) === true) listen.say('notifications/tasks', details);
    }
  }

  /** Tells whoever asked, or those of one principal that did. */
  notify(method: string, params: Params | undefined, principal?: string): void {
    const all = principal === undefined ? this.#byPrincipal.keys() : [principal];
    for (const each of all) {
      if (method !== UPDATED) this.changed(each, method);
      else for (const listen of this.#of(each)) updated(listen, params);
    }
  }

  #at(home: Home): Iterable<Listen> {
    return this.#byHome.get(home) ?? [];
  }

  #of(principal: string | undefined): Iterable<Listen> {
    return this.#byPrincipal.get(principal) ?? [];
  }
}

function updated(listen: Listen, params: Params | undefined): void {
  const uri = params?.['uri'];
  if (typeof uri !== 'string') return;
  if (listen.filter.resourceSubscriptions?.includes(uri) === true) listen.say(UPDATED, params);
}
