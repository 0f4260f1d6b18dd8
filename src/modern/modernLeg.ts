import { isPromise } from '../base/awaitable.ts';
import { count } from '../events/counters.ts';
import { countWaiting } from '../http/countWaiting.ts';
import type { Incoming, Leg, LegHost } from '../http/leg.ts';
import type { RequestHead } from '../wire/headers.ts';
import { isObject } from '../wire/jsonrpc.ts';
import { refusalBody } from '../wire/refusals.ts';
import type { Ask } from './ask.ts';
import { ModernCall } from './call.ts';
import { type Answers, type Claim, RETRYABLE } from './calls.ts';
import { classify, headIsModern, MODERN_REVISIONS, type Verdict } from './classify.ts';
import { idOf, innerOf } from './delivery.ts';
import { dressResult } from './dress.ts';
import { envelopeOf, metaOf, open } from './envelope.ts';
import type { Home, ServerSaid } from './home.ts';
import { Homeward } from './homeward.ts';
import type { Tools } from './knownServers.ts';
import { honoured, Listen } from './listens.ts';
import type { Modern } from './modern.ts';
import { agree } from './paramHeaders.ts';
import type { CallMode } from './taskOptions.ts';
import { TaskDesk } from './taskDesk.ts';
import { knowsTasks, withTasks } from './tasks.ts';

const NO_SESSIONS = ['Allow', 'POST', 'Content-Type', 'application/json'] as const;

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
/** Of calls that bring none: one for all. */
const NO_ANSWERS: Answers = {};

const LOST =
  'This call waited too long or its server restarted, and what it had done so far is unknown. ' +
  'Call the tool again from the start.';

/** A request that is a call, or goes on with one. */
interface CallAsk extends Ask {
  readonly mode: CallMode;
}

/** A call that is to be begun: by its first request, or once more from its beginning. */
interface Beginning extends CallAsk {
  readonly given: Answers;
  readonly isRerun: boolean;
  readonly state: string | undefined;
}

/** Serves the stateless revision, 2026-07-28, by the sessions that no client names. */
export class ModernLeg implements Leg {
  readonly #host: LegHost;
  readonly #modern: Modern;
  readonly #way: Homeward;
  readonly #desk: TaskDesk;

  constructor(host: LegHost, modern: Modern) {
    this.#host = host;
    this.#modern = modern;
    this.#way = new Homeward(host, modern);
    this.#desk = new TaskDesk(modern, this.#way);
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
      const ask = { incoming, message, envelope, opened: open(message) };
      const { opening } = this.#modern;
      if (opening === null) this.#request(ask);
      else this.#way.wait(ask, opening, () => this.#request(ask));
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
    const { incoming, message, envelope, opened } = ask;
    const { method } = message;
    if (REMOVED.has(method)) return this.#way.refuse(ask, 'method-unknown');
    if (method.startsWith('tasks/')) return this.#desk.serve(ask);
    if (opened.requestState === undefined) {
      if (method === 'server/discover') return this.#discover(ask);
      if (method === 'subscriptions/listen') return this.#listen(ask);
    }
    const mode = this.#desk.modeOf(ask);
    if (mode === undefined) return;
    if (opened.requestState !== undefined) return this.#retry({ ...ask, mode });
    const given = isObject(opened.inputResponses) ? opened.inputResponses : NO_ANSWERS;
    const first = { mode, given, isRerun: false, state: undefined };
    this.#begin({ incoming, message, envelope, opened, ...first });
  }

  // ---- calls

  #begin(beginning: Beginning, tries = 0): void {
    const { incoming, message } = beginning;
    const isCall = message.method === 'tools/call';
    const argument = isCall ? this.#modern.argumentOf(incoming.principal) : undefined;
    const named = argument?.namedBy(message);
    const isNamed = named !== undefined && argument !== undefined;
    // Until the tools are known, the argument may be one of their own.
    if (isNamed && this.#modern.known.argument(incoming.principal) === undefined) {
      return this.#learn(beginning, tries);
    }
    // Before anything is looked for: a session that is gone says nothing of its header.
    if (isNamed && !agree([argument.header], message.params?.['arguments'], incoming.origin.head)) {
      return this.#way.refuse(beginning, 'header-mismatch');
    }
    this.#way.locate(beginning, named, (home) => this.#call(home, beginning, tries));
  }

  /** Begins a call when the tools of its principal are known: a home is opened to ask its server. */
  #learn(beginning: Beginning, tries: number): void {
    const { principal } = beginning.incoming;
    this.#way.locate(beginning, undefined, (home) => {
      const go = (known: Tools | undefined): void => {
        home.left();
        if (known !== undefined && tries < MAX_TRIES) this.#begin(beginning, tries + 1);
        else this.#way.refuse(beginning, 'server-unavailable');
      };
      const tools = this.#modern.known.tools(home, principal);
      if (isPromise(tools)) this.#way.wait(beginning, tools, go, home);
      else go(tools);
    });
  }

  /** Hands a call to its home, once what the callers of its tool send is known. */
  #call(home: Home, beginning: Beginning, tries: number): void {
    const { method } = beginning.message;
    if (method !== 'tools/call' && !(method === 'tools/list' && home.scope === 'argument')) {
      return this.#accept(home, beginning, undefined, tries);
    }
    const tools = this.#modern.known.tools(home, beginning.incoming.principal);
    if (!isPromise(tools)) return this.#accept(home, beginning, tools, tries);
    const go = (known: Tools | undefined): void => {
      if (home.session.isDismissed) return this.#again(beginning, tries);
      // Headers that nobody can check are not passed on. Another home may have been asked, and ended.
      if (known !== undefined) this.#accept(home, beginning, known, tries);
      else if (tries < MAX_TRIES && home.session.arrival !== 'refuse') {
        this.#call(home, beginning, tries + 1);
      } else {
        home.left();
        this.#way.refuse(beginning, 'server-unavailable');
      }
    };
    this.#way.wait(beginning, tools, go, home);
  }

  #accept(home: Home, beginning: Beginning, tools: Tools | undefined, tries: number): void {
    const { incoming, message, opened } = beginning;
    const { parcel, port, principal } = incoming;
    // The client left while the home or its tools were found: in this revision, that is the cancel.
    if (port.gone) return home.left();
    const isArgued = home.scope === 'argument';
    if (tools !== undefined && !this.#agrees(beginning, tools)) {
      home.left();
      return this.#way.refuse(beginning, 'header-mismatch');
    }
    const innerId = this.#modern.nextId();
    const params = isArgued ? tools?.argument.without(opened.params) : undefined;
    const inner = innerOf(innerId, message, params ?? opened.params);
    const { given, isRerun, state: requestState } = beginning;
    const options = { innerId, principal, given, isRerun, requestState };
    const call = new ModernCall(home, this.#modern, beginning, options);
    const { bytes, weight } = parcel!;
    const delivery = call.delivery!;
    const code = home.session.accept({ message: inner, delivery, exchange: call, bytes, weight });
    if (code === undefined) {
      call.begin();
      return this.#desk.lasts(call, beginning);
    }
    call.refused();
    if (code === 'session-not-found') return this.#again(beginning, tries);
    if (!port.gone) this.#way.refuse(beginning, code);
  }

  /**
   * The home has ended since it was found, or sleeps as its record, and its actor is nobody's: there
   * is, or will be, another one.
   */
  #again(beginning: Beginning, tries: number): void {
    if (tries < MAX_TRIES) this.#begin(beginning, tries + 1);
    else this.#way.refuse(beginning, 'server-unavailable');
  }

  #agrees({ incoming, message, opened }: Ask, tools: Tools): boolean {
    if (message.method !== 'tools/call') return true;
    const name = opened.params?.['name'];
    const declared = (typeof name === 'string' ? tools.headers.get(name) : undefined) ?? [];
    return agree(declared, opened.params?.['arguments'], incoming.origin.head);
  }

  /** A client comes back with answers, by the token of the round that asked. */
  #retry(ask: CallAsk): void {
    const { incoming, message, opened } = ask;
    const { port, principal } = incoming;
    // Its client can come back with the same token.
    if (port.gone) return;
    if (!RETRYABLE.has(message.method)) return this.#way.refuse(ask, 'params-invalid');
    // Before the token is used up: answers may wait for a place, and count until their handler has
    // them.
    const end = countWaiting(this.#modern.services, incoming);
    if (end === undefined) return this.#way.refuse(ask, 'session-busy');
    const claim = this.#modern.calls.claim(opened.requestState, message, principal);
    if (claim.kind !== 'call') end();
    this.#claimed(ask, claim, end);
  }

  /** @param end the answers wait no longer */
  #claimed(ask: CallAsk, claim: Claim<ModernCall>, end: () => void): void {
    const { message, opened } = ask;
    switch (claim.kind) {
      case 'call':
        claim.call.claimed(ask, opened.inputResponses, end);
        return this.#desk.lasts(claim.call, ask);
      case 'away': {
        const { process, session, otherwise } = claim;
        const members = this.#modern.directory.members!;
        const sought = members.at(process, session).catch(() => 'store-unavailable' as const);
        return this.#way.wait(ask, sought, (where) => {
          if (typeof where === 'string') this.#way.refuse(ask, where);
          else if (where === undefined) this.#claimed(ask, otherwise, end);
          else where.serve(ask.incoming, ask.incoming.port);
        });
      }
      case 'state':
      case 'rerun': {
        const late = isObject(opened.inputResponses) ? opened.inputResponses : NO_ANSWERS;
        const isRerun = claim.kind === 'rerun';
        if (isRerun) this.#modern.services.counters.modern.rerun++;
        const given = isRerun ? { ...claim.given, ...late } : late;
        const state = isRerun ? undefined : claim.state;
        return this.#begin({ ...ask, given, isRerun, state });
      }
      case 'lost': {
        this.#modern.services.counters.modern.lost++;
        if (message.method !== 'tools/call') return this.#way.refuse(ask, 'call-lost');
        const content = [{ type: 'text', text: LOST }];
        return this.#way.say(ask, { content, isError: true, resultType: 'complete' });
      }
      case 'invalid':
        this.#modern.services.counters.modern.invalidStates++;
        return this.#way.refuse(ask, 'request-state-invalid', { reason: 'invalid_request_state' });
    }
  }

  // ---- what is answered here

  #discover(ask: Ask): void {
    const { message } = ask;
    this.#whenSaid(ask, (home, { capabilities, instructions, serverInfo }) => {
      const { tasks: _tasks, ...offered } = capabilities;
      const result = {
        supportedVersions: MODERN_REVISIONS,
        capabilities: this.#modern.tasks === null ? offered : withTasks(offered),
        ...(instructions !== undefined && { instructions }),
      };
      const { cache } = this.#modern.settings;
      const dressed = dressResult(result, { method: message.method, serverInfo, cache });
      this.#way.say(ask, dressed);
      home?.left();
    });
  }

  #listen(ask: Ask): void {
    const { incoming, message } = ask;
    const { port, principal } = incoming;
    const asked = message.params?.['notifications'];
    if (!isObject(asked)) return this.#way.refuse(ask, 'params-invalid');
    const { listens, tasks } = this.#modern;
    if (asked['taskIds'] !== undefined && !knowsTasks(ask.envelope.capabilities)) {
      return this.#desk.lacksTasks(ask);
    }
    if (!listens.hasRoom(principal)) return this.#way.refuse(ask, 'at-capacity');
    this.#way.greeted(ask, (home, said) => {
      if (port.gone) return home.left();
      // Others may have opened theirs meanwhile.
      if (!listens.hasRoom(principal)) {
        home.left();
        return this.#way.refuse(ask, 'at-capacity');
      }
      const isOwn = (id: string): boolean => tasks?.find(id, principal) !== undefined;
      const filter = honoured(asked, said.capabilities, isOwn);
      const about = { id: message.id, principal };
      const listen = new Listen(home, this.#modern, about, filter, port);
      listens.opened(listen);
      home.follow(listen);
      listen.open();
      if (Object.keys(filter).length === 0) listen.end();
    });
  }

  /** Tells what a principal's server says of itself; a home is asked only where nobody knows. */
  #whenSaid(ask: Ask, told: (home: Home | undefined, said: ServerSaid) => void): void {
    const known = this.#modern.known.said(ask.incoming.principal);
    if (known !== undefined) return told(undefined, known);
    this.#way.greeted(ask, told);
  }
}
