import type { Clients, User } from '../clients.ts';
import { Response } from '../heard.ts';
import type { Line } from '../line.ts';
import type { World } from '../world.ts';
import type { Round, StatelessCall, Token } from './call.ts';
import { SHARED } from './callLedger.ts';
import { outcomeOf, type Reply, repliesIn } from './outcome.ts';
import { partsOf, type StatelessRequest } from './request.ts';
import { Rounds } from './rounds.ts';
import type { Stateless } from './stateless.ts';

type Params = Readonly<Record<string, unknown>>;

/** A session that a client names in an argument. */
export interface Named {
  readonly id: string;
  readonly user: string;
  readonly home: string;
}

/** How a call differs from the usual one. */
export interface Way {
  readonly args?: Params;
  readonly capabilities?: Params;
  readonly named?: Named | undefined;
  readonly room?: string | undefined;
  readonly line?: Line;
  readonly parts?: number;
  readonly prefersStream?: boolean;
  readonly sid?: string | undefined;
}

/** What clients of the stateless revision send and hear in one history. */
export class StatelessClients {
  readonly stateless: Stateless;
  /** Sessions that clients have heard the ids of. */
  readonly named: Named[] = [];
  /** Requests to this process that have no whole response. */
  readonly open = new Set<{ readonly response: Response; readonly line: Line; what: string }>();
  readonly listens: { readonly response: Response; readonly line: Line; readonly nonce: number }[] =
    [];
  readonly #world: World;
  readonly #clients: Clients;
  readonly #rounds: Rounds;

  constructor(world: World, clients: Clients, stateless: Stateless) {
    this.#world = world;
    this.#clients = clients;
    this.stateless = stateless;
    this.#rounds = new Rounds(world, stateless);
  }

  get calls(): readonly StatelessCall[] {
    return [...this.stateless.calls.all.values()];
  }

  /** What a request of a user belongs to, as the option `scope` says. */
  homeOf(user: string, nonce: number, named?: Named, room?: string): string {
    const { scope } = this.stateless.setting;
    if (scope === 'shared') return SHARED;
    const isKnown = user !== 'nobody';
    const actual = scope === 'auto' ? (isKnown ? 'principal' : 'argument') : scope;
    if (actual === 'function' && room !== undefined) return `${room} of ${user}`;
    if (actual === 'principal' && isKnown) return `of ${user}`;
    return actual === 'argument' ? (named?.home ?? `session ${nonce}`) : `request ${nonce}`;
  }

  call(user: User, kind: string, way: Way = {}): StatelessCall {
    const { ledger, process, lives } = this.#world;
    const { args = {}, capabilities = ASKABLE, named, room } = way;
    const nonce = ledger.nonce();
    const home = this.homeOf(user, nonce, named, room);
    const id = this.stateless.homes.idOf(home);
    const life = id === undefined ? undefined : lives.get(id);
    const call: StatelessCall = {
      nonce,
      user,
      kind,
      capabilities,
      home,
      room,
      life,
      process: process.number,
      known: [...(life?.acked ?? [])],
      params: {
        name: `${kind}#${nonce}`,
        arguments: { nonce, ...args, ...(named !== undefined && { session: named.id }) },
      },
      rounds: [],
      tokens: [],
      words: new Set(),
      keptBytes: 0,
      task: undefined,
    };
    this.stateless.calls.all.set(nonce, call);
    this.#round(call, way, undefined, {});
    return call;
  }

  /** The client of a call, or whoever has its token, comes back with answers. */
  retry(
    call: StatelessCall,
    token: Token,
    answers: Params,
    way: Way & { user?: string } = {},
  ): void {
    const back = { requestState: token.text, inputResponses: answers };
    this.#round(call, way, token, back);
  }

  /** Asks about a task. @param user its client, or somebody else */
  aboutTask(method: string, id: string, user: string, more: Params = {}): void {
    const { tasks } = this.stateless;
    const call = tasks.callOf(id)!;
    const isOwn = call.user === user;
    const nonce = isOwn ? call.nonce : this.#world.ledger.nonce();
    const home = isOwn ? call.home : this.homeOf(user, nonce);
    const request = { user, nonce, home, method, params: { taskId: id, ...more } };
    this.ask({ ...request, capabilities: JOBS }, `${method} of ${id}`, undefined, ([reply]) => {
      if (reply === undefined) return;
      const isUnknown = reply.code === 'task-unknown';
      if (isUnknown) tasks.unknown(id, user);
      const isRefused = isUnknown || reply.error !== undefined || reply.status >= 400;
      this.#world.ledger.check(isOwn || isRefused, () => `${method} of ${id} by ${user}`);
      if (isOwn && method === 'tasks/cancel' && !isRefused) tasks.cancelled(id);
    });
  }

  listen(user: User, asked: Params, line = this.#clients.line(user), room?: string): void {
    const nonce = this.#world.ledger.nonce();
    this.stateless.listens.asked(nonce, user, asked);
    const home = this.homeOf(user, nonce, undefined, room);
    const params = { notifications: asked };
    const request = { user, nonce, home, method: 'subscriptions/listen', params, room };
    const response = this.ask({ ...request, capabilities: JOBS }, 'listen', line);
    this.listens.push({ response, line, nonce });
  }

  /** Sends a request, and hears all of its response. */
  ask(
    request: StatelessRequest,
    what: string,
    line = this.#clients.line(request.user),
    take: (replies: readonly Reply[]) => void = () => {},
  ): Response {
    const { http, number } = this.#world.process;
    const entry = { what: `${what} (${request.nonce} of ${request.user})`, line };
    const at = this.#world.now;
    const response: Response = new Response(
      () => {},
      () => {
        this.open.delete(pending);
        const replies = repliesIn(response);
        for (const reply of replies) this.#rounds.mayAnswer(reply, { ...entry, at, number });
        take(replies);
      },
    );
    const pending = { ...entry, response };
    this.open.add(pending);
    line.ask(http, response, partsOf(request));
    return response;
  }

  /** Nothing more is heard of the process. */
  die(): void {
    this.open.clear();
    this.listens.length = 0;
  }

  #round(
    call: StatelessCall,
    way: Way & { user?: string },
    token: Token | undefined,
    back: Params,
  ): void {
    const { user = call.user, capabilities = call.capabilities, args, sid } = way;
    const isOwn = user === call.user;
    const nonce = isOwn ? call.nonce : this.#world.ledger.nonce();
    const own = call.params['arguments'] as Params;
    const given = token !== undefined && args !== undefined ? { ...own, ...args } : own;
    const request: StatelessRequest = {
      user,
      nonce,
      home: isOwn ? call.home : this.homeOf(user, nonce),
      method: 'tools/call',
      params: { ...call.params, arguments: given, ...back },
      capabilities,
      room: way.room ?? call.room,
      sid,
      parts: way.parts ?? 1,
      prefersStream: way.prefersStream ?? false,
    };
    const line = way.line ?? this.#clients.line(user);
    const take = (replies: readonly Reply[]): void => {
      const reply = replies.at(-1);
      if (response.end === 'cut') round.cutAt = this.#world.now;
      round.outcome = reply === undefined ? undefined : outcomeOf(reply);
      if (reply !== undefined) this.#heard(call, round, reply, given !== own);
    };
    const { number: process } = this.#world.process;
    const response = this.ask(request, call.kind, line, take);
    const at = this.#world.now;
    const answers = (back['inputResponses'] ?? {}) as Params;
    const { keptBytes } = call;
    const sent = { user, process, at, response, line, token, answers, keptBytes };
    const round: Round = { ...sent, ...HEARD };
    // Nobody knows how many are left until the next answer is heard.
    call.keptBytes = 0;
    call.rounds.push(round);
    token?.rounds.push(round);
  }

  #heard(call: StatelessCall, round: Round, reply: Reply, isOther: boolean): void {
    this.#rounds.heard(call, round, reply, isOther);
    const id = reply.sessionArgument;
    if (id === undefined || this.named.some((each) => each.id === id)) return;
    this.named.push({ id, user: call.user, home: call.home });
  }
}

/** What is heard of a request that was sent just now. */
const HEARD = { outcome: undefined, cutAt: undefined };

/** What a client declares that can be asked anything. */
export const ASKABLE: Params = { elicitation: { form: {} }, roots: {} };
/** What a client declares that knows tasks as well. */
export const JOBS: Params = {
  ...ASKABLE,
  extensions: { 'io.modelcontextprotocol/tasks': {} },
};
