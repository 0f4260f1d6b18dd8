import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createRuntime, type Runtime, type RuntimeOptions, type Session } from 'mcp-actors';
import { NodeBody } from '../../src/adapters/nodeBody.ts';
import { NodePort } from '../../src/adapters/nodePort.ts';
import { endpointOf } from '../../src/http/endpointOf.ts';
import type { SessionStore } from '../../src/store/store.ts';
import type { Census } from './census.ts';
import type { Life } from './life.ts';
import type { Random } from './random.ts';
import { SimClock } from './simClock.ts';
import { simEventStore } from './simEventStore.ts';
import { statelessOptions } from './stateless/options.ts';
import type { Stateless } from './stateless/stateless.ts';
import { thingKinds } from './stateless/thingKinds.ts';
import { Tools } from './stateless/tools.ts';
import { LIMITS, type Setting } from './setting.ts';
import { type Asker, type PortWatch, StrictPort } from './strictPort.ts';
import { UserCode } from './userCode.ts';
import { type Basket, UserServer } from './userServer.ts';

/** What one process knows of the history it belongs to. */
export interface ProcessHost extends PortWatch {
  readonly setting: Setting;
  readonly scheduler: { readonly random: Random };
  readonly disk: { open(): SessionStore } | undefined;
  readonly census: Census;
  /** What is known of the stateless revision, where it is served. */
  readonly stateless: Stateless | undefined;
  did(label: string): void;
  /** An exception that nobody caught, in the context it was thrown in. */
  raise(error: unknown): void;
  /** An error that was announced is one of the user's. */
  isUsers(error: unknown, where: string): void;
  lifeOf(session: Session<Basket>): Life;
  /** The factory is called for a session. */
  building(session: Session<Basket>): void;
  /** A server was made for a session. */
  built(life: Life, server: UserServer): void;
  ended(key: string, reason: string): void;
  kept(key: string): void;
}

/** One process: a runtime with its own clock, behind the server of node:http. */
export class SimProcess {
  readonly number: number;
  readonly clock: SimClock;
  readonly user: UserCode;
  readonly runtime: Runtime<Basket>;
  readonly http: Server;
  readonly servers: UserServer[] = [];
  readonly tools: Tools | undefined;
  /** What its own code holds of its sessions. */
  readonly handles = new Map<string, Session<Basket>>();
  /** Begun, and perhaps over. */
  draining: Promise<unknown> | undefined;
  isClosed = false;
  isDead = false;
  readonly #world: ProcessHost;
  #ids = 0;

  constructor(world: ProcessHost, number: number, at: number) {
    this.#world = world;
    this.number = number;
    this.clock = new SimClock(at, (error) => world.raise(error));
    this.user = new UserCode(world.setting, this.clock, () => world.scheduler.random);
    this.tools = this.#tools();
    this.runtime = createRuntime<Basket>({ ...this.#options(), ...LIMITS });
    this.http = this.#serve();
    this.#listen();
  }

  /** The server that a session has now. */
  serverOf(id: string): UserServer | undefined {
    const last = this.servers.findLast(({ life }) => life.id === id);
    return last?.closes === 0 ? last : undefined;
  }

  /** A session's end has begun. */
  isEnding(id: string): boolean {
    return endpointOf(this.runtime).directory.resident(id)?.snapshot.hasTag('ending') === true;
  }

  /** A request has reached a handler. */
  served({ life, epoch }: UserServer, nonce: number, kind: string): void {
    if (this.isDead) return;
    this.#world.did(`served ${nonce} by ${life.id}.${epoch}`);
    if (!life.isHome) return;
    if (kind.startsWith('add')) life.sent.add(nonce);
    this.#world.stateless?.calls.began(nonce, life.user, this.number);
  }

  ended(nonce: number, bytes: number | undefined): void {
    if (!this.isDead) this.#world.stateless?.calls.ended(nonce, bytes);
  }

  #tools(): Tools | undefined {
    const { stateless } = this.#world;
    if (stateless === undefined) return undefined;
    const { calls, things, carts } = stateless;
    const kinds = thingKinds(things, this.user);
    const now = (): number => this.clock.now();
    return new Tools({ number: this.number, calls, things, carts, kinds, now });
  }

  #options(): RuntimeOptions<Basket> & Required<Pick<RuntimeOptions<Basket>, 'state'>> {
    const { setting, disk } = this.#world;
    const { user } = this;
    const { onCrash, responseMode, concurrency, maxSessions } = setting;
    return {
      clock: this.clock,
      onCrash,
      responseMode,
      concurrency,
      maxSessions,
      createId: () => {
        user.now('createId');
        return `s${this.number}-${++this.#ids}`;
      },
      principal: (_, { headers }) => {
        user.now('principal');
        return headers['x-user'] as string | undefined;
      },
      server: async (session) => {
        if (!this.isDead) this.#world.building(session);
        await user.later('factory');
        return this.#make(session).handle;
      },
      state: {
        create: () => {
          user.now('state');
          return { tokens: [] };
        },
        ...(setting.migrates && {
          version: this.number,
          migrate: (state: unknown) => {
            user.now('migrate');
            return state as Basket;
          },
        }),
        ...(setting.encodes && {
          encode: ({ tokens }: Basket) => {
            user.now('encode');
            return tokens.join(' ');
          },
          decode: (text: unknown) => {
            user.now('decode');
            return { tokens: String(text).split(' ').filter(Boolean).map(Number) };
          },
        }),
      },
      ...(disk !== undefined && { store: disk.open() }),
      ...(setting.stateless !== undefined && statelessOptions(setting.stateless, user)),
      ...(setting.hasEventStore && { eventStore: simEventStore(user) }),
      ...(setting.hasOnSleep && { onSleep: () => user.later('onSleep') }),
      ...(setting.hasOnWake && { onWake: () => user.later('onWake') }),
    };
  }

  #make(session: Session<Basket>): UserServer {
    const life = this.#world.lifeOf(session);
    const made = new UserServer(this, session, life);
    if (this.isDead) return made;
    this.#world.built(life, made);
    this.servers.push(made);
    this.handles.set(session.id, session);
    return made;
  }

  #serve(): Server {
    const endpoint = endpointOf(this.runtime);
    const options = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };
    // As `nodeHandler` does it, with a port that tells what was done to it.
    return createServer(options, (request: IncomingMessage, response: ServerResponse) => {
      const inner = new NodePort(response, []);
      const asker = askerOf(request);
      const port = new StrictPort(inner, asker, this.#world);
      // What node reads of a dead process's sockets is read by nobody.
      if (!this.isDead) this.#world.census.add(response, inner, asker);
      const origin = { head: request as never, authInfo: undefined, request: undefined };
      endpoint.serve(origin, port, new NodeBody(request, inner, undefined));
    });
  }

  #listen(): void {
    const world = this.#world;
    const { runtime } = this;
    const unlessDead =
      <E>(hear: (event: E) => void) =>
      (event: E): void => {
        if (!this.isDead) hear(event);
      };
    runtime.on(
      'endpoint.failed',
      unlessDead(({ error }) => world.isUsers(error, 'endpoint.failed')),
    );
    runtime.on(
      'observer.failed',
      unlessDead(({ error, event }) => world.isUsers(error, `observer.failed (${event})`)),
    );
    runtime.on(
      'session.crashed',
      unlessDead(({ error }) => world.isUsers(error, 'session.crashed')),
    );
    runtime.on(
      'session.ended',
      unlessDead(({ session, reason }) => {
        world.ended(session, reason);
        this.user.now('listener');
      }),
    );
    runtime.on(
      'session.kept',
      unlessDead(({ session }) => {
        world.kept(session);
        this.user.now('listener');
      }),
    );
    runtime.on(
      'limit',
      unlessDead(({ limit }) => {
        world.did(`limit ${limit}`);
        // The oldest tasks are forgotten.
        if (limit === 'maxKeptBytes') world.stateless?.tasks.loosen();
      }),
    );
    runtime.on(
      'handle.failed',
      unlessDead(({ error }) => world.isUsers(error, 'handle.failed')),
    );
    runtime.on(
      'handle.ended',
      unlessDead(({ handle, reason }) => {
        world.did(`ended handle (${reason})`);
        world.stateless?.things.ended(handle, reason);
      }),
    );
  }
}

function askerOf({ headers, method = '' }: IncomingMessage): Asker {
  return {
    method,
    user: (headers['x-user'] as string | undefined) ?? 'nobody',
    sid: headers['mcp-session-id'] as string | undefined,
    lastEventId: headers['last-event-id'] as string | undefined,
    home: headers['x-home'] as string | undefined,
    task: headers['x-task'] as string | undefined,
    call: headers['x-call'] === undefined ? undefined : Number(headers['x-call']),
  };
}
