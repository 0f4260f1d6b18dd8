import { type Awaitable, isPromise } from '../base/awaitable.ts';
import { count } from '../events/counters.ts';
import type { Incoming, Leg, LegHost } from '../http/leg.ts';
import type { RequestHead } from '../wire/headers.ts';
import { isObject, type RequestId } from '../wire/jsonrpc.ts';
import type { ResponsePort } from '../wire/port.ts';
import { type RefusalCode, refusalBody } from '../wire/refusals.ts';
import { SESSION_GONE } from './argument.ts';
import { ModernCall } from './call.ts';
import { type Answers, RETRYABLE } from './calls.ts';
import { classify, headIsModern, MODERN_REVISIONS, type Verdict } from './classify.ts';
import { CallDelivery, idOf, innerOf, roundOf } from './delivery.ts';
import { dressResult } from './dress.ts';
import { envelopeOf, metaOf, open, type Params } from './envelope.ts';
import type { Home, ServerSaid } from './home.ts';
import type { Located, Visitor } from './homes.ts';
import type { Tools } from './knownServers.ts';
import { honoured, Listen } from './listens.ts';
import type { Modern } from './modern.ts';
import type { Ask } from './ask.ts';
import { agree } from './paramHeaders.ts';
import { knowsTasks, TASKS_CAPABILITY, withTasks } from './tasks.ts';

const JSON_HEADERS = ['Content-Type', 'application/json'] as const;
const NO_SESSIONS = ['Allow', 'POST', ...JSON_HEADERS] as const;

/** What the session era has and this revision has not. */
const REMOVED: ReadonlySet<string> = new Set([
  'initialize',
  'ping',
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
  'tasks/list',
  'tasks/result',
]);

/** A home can end between the moment it is found and the moment it is asked. */
const MAX_TRIES = 3;

const LOST =
  'This call waited too long or its server restarted, and what it had done so far is unknown. ' +
  'Call the tool again from the start.';

/** A call that is to be begun: by its first request, or once more from its beginning. */
interface Beginning extends Ask {
  readonly given: Answers;
  readonly isRerun: boolean;
  readonly state: string | undefined;
}

/** Serves the stateless revision, 2026-07-28, by the sessions that no client names. */
export class ModernLeg implements Leg {
  readonly #host: LegHost;
  readonly #modern: Modern;

  constructor(host: LegHost, modern: Modern) {
    this.#host = host;
    this.#modern = modern;
  }

  isStateless(head: RequestHead): boolean {
    return headIsModern(head);
  }

  serve(incoming: Incoming): boolean {
    const { origin, parcel, port } = incoming;
    const { only } = this.#modern.settings;
    if (parcel === undefined) {
      if (!only && !headIsModern(origin.head)) return false;
      count(this.#modern.services.counters.refusals, 'method-not-allowed');
      port.send(405, NO_SESSIONS, refusalBody('method-not-allowed'));
      return true;
    }
    const verdict = classify(parcel, origin.head);
    if (verdict.kind === 'legacy') return only && this.#refuseLegacy(incoming);
    return this.#serve(verdict, incoming);
  }

  #serve(verdict: Exclude<Verdict, { kind: 'legacy' }>, incoming: Incoming): boolean {
    const { port } = incoming;
    const { counters } = this.#modern.services;
    if (verdict.kind === 'notification') {
      counters.modern.notifications++;
      port.send(202, []);
    } else if (verdict.kind === 'refused') {
      this.#host.refuse(port, verdict.code, idOf(incoming), verdict.data);
    } else {
      const { message } = verdict;
      // A client of both eras asks which one to use; with a session it is better off here.
      if (message.method === 'server/discover' && this.#modern.prefersSessions) return false;
      counters.modern.requests++;
      const envelope = envelopeOf(metaOf(message.params)!);
      this.#request({ incoming, message, envelope, opened: open(message) });
    }
    return true;
  }

  /** What is of the session era, where only the stateless revision is served. */
  #refuseLegacy(incoming: Incoming): true {
    const { parcel, port } = incoming;
    const { messages, isBatch } = parcel!;
    const [first] = messages;
    if (isBatch || !('method' in first)) this.#host.refuse(port, 'invalid-request');
    else if (!('id' in first)) port.send(202, []);
    else {
      const data = { supported: MODERN_REVISIONS };
      this.#host.refuse(port, 'version-unsupported', first.id, data);
    }
    return true;
  }

  #request(ask: Ask): void {
    const { message, opened } = ask;
    const { method } = message;
    if (REMOVED.has(method)) return this.#refuse(ask, 'method-unknown');
    if (method.startsWith('tasks/')) return this.#task(ask);
    if (opened.requestState !== undefined) return this.#retry(ask);
    if (method === 'server/discover') return this.#discover(ask);
    if (method === 'subscriptions/listen') return this.#listen(ask);
    const given = isObject(opened.inputResponses) ? opened.inputResponses : {};
    this.#begin({ ...ask, given, isRerun: false, state: undefined });
  }

  // ---- calls

  #begin(beginning: Beginning, tries = 0): void {
    const { incoming, message } = beginning;
    const isCall = message.method === 'tools/call';
    const argument = isCall ? this.#modern.argumentOf(incoming.principal) : undefined;
    const named = argument?.namedBy(message);
    const isNamed = named !== undefined && argument !== undefined;
    // Before anything is looked for: a session that is gone says nothing of its header.
    if (isNamed && !agree([argument.header], message.params?.['arguments'], incoming.origin.head)) {
      return this.#refuse(beginning, 'header-mismatch');
    }
    this.#locate(beginning, named, (home) => this.#call(home, beginning, tries));
  }

  /** Hands a call to its home, once what the callers of its tool send is known. */
  #call(home: Home, beginning: Beginning, tries: number): void {
    const { method } = beginning.message;
    if (method !== 'tools/call' && !(method === 'tools/list' && home.scope === 'argument')) {
      return this.#accept(home, beginning, undefined, tries);
    }
    const tools = this.#modern.known.tools(home, beginning.incoming.principal);
    if (!isPromise(tools)) return this.#accept(home, beginning, tools, tries);
    home.session.later(tools, (known) => this.#accept(home, beginning, known, tries));
  }

  #accept(home: Home, beginning: Beginning, tools: Tools | undefined, tries: number): void {
    const { incoming, message, envelope, opened } = beginning;
    const { parcel, port, principal } = incoming;
    const isArgued = home.scope === 'argument';
    if (tools !== undefined && !this.#agrees(beginning, tools)) {
      home.left();
      return this.#refuse(beginning, 'header-mismatch');
    }
    const innerId = this.#modern.nextId();
    const params = isArgued ? tools?.argument.without(opened.params) : undefined;
    const inner = innerOf(innerId, message, params ?? opened.params);
    const { given, isRerun, state: requestState } = beginning;
    const options = { innerId, principal, given, isRerun, requestState };
    if (this.#modern.tasks?.modeOf(beginning) === 'refused') {
      home.left();
      return this.#lacksTasks(beginning);
    }
    const round = roundOf(message, envelope, incoming);
    const call = new ModernCall(home, this.#modern, round, options);
    const delivery = new CallDelivery(incoming, home, call);
    const { bytes, weight } = parcel!;
    const code = home.session.accept({ message: inner, delivery, exchange: call, bytes, weight });
    if (code === undefined) {
      call.begin();
      return this.#lasts(call, beginning);
    }
    call.refused();
    // The home has ended since it was found: there is, or will be, another one.
    const isOver = code === 'session-not-found' && tries < MAX_TRIES;
    if (isOver) return this.#begin(beginning, tries + 1);
    if (!port.gone) this.#refuse(beginning, code);
  }

  #agrees({ incoming, message, opened }: Ask, tools: Tools): boolean {
    if (message.method !== 'tools/call') return true;
    const name = opened.params?.['name'];
    const declared = (typeof name === 'string' ? tools.headers.get(name) : undefined) ?? [];
    return agree(declared, opened.params?.['arguments'], incoming.origin.head);
  }

  /** A client comes back with answers, by the token of the round that asked. */
  #retry(ask: Ask): void {
    const { incoming, message, envelope, opened } = ask;
    const { port, principal } = incoming;
    if (!RETRYABLE.has(message.method)) return this.#refuse(ask, 'params-invalid');
    const claim = this.#modern.calls.claim(opened.requestState, message, principal);
    switch (claim.kind) {
      case 'call':
        claim.call.claimed(roundOf(message, envelope, incoming), opened.inputResponses);
        return this.#lasts(claim.call, ask);
      case 'state':
      case 'rerun': {
        const late = isObject(opened.inputResponses) ? opened.inputResponses : {};
        const isRerun = claim.kind === 'rerun';
        if (isRerun) this.#modern.services.counters.modern.rerun++;
        const given = isRerun ? { ...claim.given, ...late } : late;
        const state = isRerun ? undefined : claim.state;
        return this.#begin({ ...ask, given, isRerun, state });
      }
      case 'lost': {
        this.#modern.services.counters.modern.lost++;
        if (message.method !== 'tools/call') return this.#refuse(ask, 'call-lost');
        const content = [{ type: 'text', text: LOST }];
        return this.#say(port, message.id, { content, isError: true, resultType: 'complete' });
      }
      case 'invalid':
        this.#modern.services.counters.modern.invalidStates++;
        return this.#refuse(ask, 'request-state-invalid', { reason: 'invalid_request_state' });
    }
  }

  /** A call that is under way becomes a task: at once, when it lasts, or never. */
  #lasts(call: ModernCall, ask: Ask): void {
    const { tasks } = this.#modern;
    const mode = tasks?.modeOf(ask);
    if (mode === 'task') call.detach();
    else if (mode === 'auto') tasks?.watch(call);
  }

  #task(ask: Ask): void {
    const { tasks, known } = this.#modern;
    const { incoming, message } = ask;
    const result = tasks?.serve(ask) ?? 'method-unknown';
    if (result === 'capability-missing') return this.#lacksTasks(ask);
    if (typeof result === 'string') return this.#refuse(ask, result);
    const serverInfo = known.said(incoming.principal)?.serverInfo;
    const { cache } = this.#modern.settings;
    const dressing = { method: message.method, serverInfo, cache };
    this.#say(incoming.port, message.id, dressResult(result, dressing));
  }

  #lacksTasks(ask: Ask): void {
    this.#refuse(ask, 'capability-missing', { requiredCapabilities: TASKS_CAPABILITY });
  }

  // ---- what is answered here

  #discover(ask: Ask): void {
    const { incoming, message } = ask;
    this.#whenSaid(ask, (home, { capabilities, instructions, serverInfo }) => {
      const { tasks: _tasks, ...offered } = capabilities;
      const result = {
        supportedVersions: MODERN_REVISIONS,
        capabilities: this.#modern.tasks === null ? offered : withTasks(offered),
        ...(instructions !== undefined && { instructions }),
      };
      const { cache } = this.#modern.settings;
      const dressed = dressResult(result, { method: message.method, serverInfo, cache });
      this.#say(incoming.port, message.id, dressed);
      home?.left();
    });
  }

  #listen(ask: Ask): void {
    const { incoming, message } = ask;
    const { port, principal } = incoming;
    const asked = message.params?.['notifications'];
    if (!isObject(asked)) return this.#refuse(ask, 'params-invalid');
    const { listens, tasks } = this.#modern;
    if (asked['taskIds'] !== undefined && !knowsTasks(ask.envelope.capabilities)) {
      return this.#lacksTasks(ask);
    }
    if (!listens.hasRoom(principal)) return this.#refuse(ask, 'at-capacity');
    this.#locate(ask, undefined, (home) =>
      home.whenSaid((said) => {
        if (said === undefined) return this.#refuse(ask, 'server-unavailable');
        if (port.gone) return home.left();
        const isOwn = (id: string): boolean => tasks?.find(id, principal) !== undefined;
        const filter = honoured(asked, said.capabilities, isOwn);
        const about = { id: message.id, principal };
        const listen = new Listen(home, this.#modern, about, filter, port);
        listens.opened(listen);
        home.follow(listen);
        listen.open();
        if (Object.keys(filter).length === 0) listen.end();
      }),
    );
  }

  /** Tells what a principal's server says of itself; a home is asked only where nobody knows. */
  #whenSaid(ask: Ask, told: (home: Home | undefined, said: ServerSaid) => void): void {
    const known = this.#modern.known.said(ask.incoming.principal);
    if (known !== undefined) return told(undefined, known);
    this.#locate(ask, undefined, (home) =>
      home.whenSaid((said) => {
        if (said === undefined) this.#refuse(ask, 'server-unavailable');
        else told(home, said);
      }),
    );
  }

  // ---- homes

  #locate(ask: Ask, named: unknown, take: (home: Home) => void): void {
    const { incoming, envelope, message } = ask;
    const { origin, principal, parcel, port } = incoming;
    const { head, authInfo } = origin;
    const meta = metaOf(message.params)!;
    const visitor: Visitor = { principal, authInfo, head, meta, envelope, named };
    const go = (where: Located): void => {
      if (typeof where === 'string') return this.#nowhere(where, ask, named);
      if ('at' in where) return where.serve({ origin, principal, parcel }, port);
      take(where);
    };
    try {
      const where: Awaitable<Located> = this.#modern.homes.locate(visitor);
      if (!isPromise(where)) return go(where);
      Promise.resolve(where)
        .then(go)
        .catch((error: unknown) => this.#refuse(ask, this.#host.failed(error)));
    } catch (error) {
      this.#refuse(ask, this.#host.failed(error));
    }
  }

  #nowhere(code: RefusalCode, ask: Ask, named: unknown): void {
    const { incoming, message } = ask;
    if (named === undefined || code !== 'session-not-found') return this.#refuse(ask, code);
    // To the model that made the call, and not to the program that carries it.
    const content = [{ type: 'text', text: SESSION_GONE }];
    this.#say(incoming.port, message.id, { content, isError: true, resultType: 'complete' });
  }

  #say(port: ResponsePort, id: RequestId, result: Params): void {
    if (port.gone) return;
    port.send(200, JSON_HEADERS, JSON.stringify({ jsonrpc: '2.0', id, result }));
  }

  #refuse({ incoming, message }: Ask, code: RefusalCode, data?: Record<string, unknown>): void {
    this.#host.refuse(incoming.port, code, message.id, data);
  }
}
