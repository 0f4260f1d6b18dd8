import type { EventStore } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import {
  createRuntime,
  currentSession,
  type Runtime,
  type RuntimeEvents,
  type Session,
  sessionLocal,
} from 'mcp-actors';
import { setup } from 'xstate';
import type { RuntimeEventName } from '../../src/events/events.ts';
import type { SessionStore } from '../../src/store/store.ts';
import { isRequest } from '../../src/wire/jsonrpc.ts';
import { DurableMemory } from './durableMemory.ts';
import { turn } from './eventually.ts';
import { FakeServer } from './fakeServer.ts';
import { type Manner, misbehave } from './misbehaviour.ts';
import { drawn } from './drawn.ts';
import { VirtualClock } from './virtualClock.ts';

interface State {
  readonly n: number;
  readonly user: string | undefined;
}

/** Every event a listener can have. */
const EVENTS: readonly RuntimeEventName[] = [
  'session.started',
  'session.transition',
  'session.ended',
  'session.crashed',
  'session.slept',
  'session.woken',
  'session.pinned',
  'session.unstorable',
  'session.orphan',
  'message',
  'request.began',
  'request.settled',
  'deadletter',
  'limit',
  'supervisor.transition',
  'store.failed',
  'endpoint.failed',
];

/** Events that say that something went wrong. */
export const TROUBLES = [
  'session.crashed',
  'session.pinned',
  'session.unstorable',
  'session.orphan',
  'store.failed',
  'endpoint.failed',
  'error.escaped',
  'observer.failed',
] as const;

/** A machine that does nothing at all. */
const rest = setup({}).createMachine({ id: 'rest' });

const user = (): string | undefined => currentSession().principal;

function isVictim({ principal }: Pick<Session, 'principal'>): boolean {
  return principal === 'victim';
}

/** A runtime after the other on one store, of which one function of the user's misbehaves. */
export class UserRig {
  readonly clock = new VirtualClock();
  /** What went wrong, by the events that told of it; and why the victim ended. */
  readonly troubles = new Set<string>();
  readonly #disk = new DurableMemory();
  readonly #name: string;
  readonly #manner: Manner;
  /** The next session is the victim's: `createId` is told of none. */
  isVictims = false;
  /** Every function does what it should, from here on. */
  isHealed = false;
  /** How often the function has misbehaved. */
  misbehaved = 0;
  runtime: Runtime;
  #victim: string | undefined;
  #victimId: string | undefined;
  #ids = 0;
  #counts = 0;

  constructor(name: string, manner: Manner) {
    this.#name = name;
    this.#manner = manner;
    this.runtime = this.#start(1);
  }

  /** The next process goes on with what this one has stored, in another version of the program. */
  async restart(): Promise<void> {
    await this.patiently(this.runtime.drain({ deadlineMs: 1000 }));
    await this.patiently(this.runtime.close());
    this.runtime = this.#start(2);
  }

  /** What was answered may be stored nowhere: the store does not come back from a write. */
  get loses(): boolean {
    return this.#name === 'store.write' && ['hangs', 'is slow'].includes(this.#manner);
  }

  /** Waits, and moves the time on for what takes some. `false`: it takes for ever. */
  async patiently(promise: PromiseLike<unknown>): Promise<boolean> {
    for (let waited = 0; waited < 280_000; waited += 5000) {
      if (await this.promptly(promise)) return true;
      await this.clock.elapse(5000);
    }
    return await this.promptly(promise);
  }

  /** Waits for what takes no time. */
  async promptly(promise: PromiseLike<unknown>): Promise<boolean> {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    void promise.then(settle, settle);
    for (let i = 0; i < 30; i++) {
      if (isSettled) return true;
      await turn();
    }
    return isSettled;
  }

  /** What a function returns: as it should, or in the manner of the test for the victim. */
  #call<T>(name: string, isVictims: boolean, value: () => T): T {
    if (name !== this.#name || this.isHealed || !isVictims) return value();
    this.misbehaved++;
    return misbehave(this.#manner, this.clock, value);
  }

  #ofState(name: string, state: unknown): State {
    const known = state as State;
    return this.#call(name, known.user === 'victim', () => known);
  }

  #start(version: number): Runtime {
    this.#counts = 0;
    const local = sessionLocal(() => this.#call('sessionLocal', user() === 'victim', () => 0), {
      name: 'local',
    });
    const runtime = createRuntime<State, typeof rest>({
      clock: this.clock,
      random: drawn,
      store: this.#store(),
      eventStore: this.#eventStore(),
      maxReplayEvents: 2,
      principal: (_, { headers }) => {
        const name = headers['x-user'] as string;
        return this.#call('principal', name === 'victim', () => name);
      },
      createId: () => this.#call('createId', this.isVictims, () => `id-${++this.#ids}`),
      state: {
        version,
        create: () => {
          if (user() === 'victim') this.#victim = currentSession().key;
          return this.#call('state', user() === 'victim', () => ({ n: 0, user: user() }));
        },
        encode: (state) => this.#call('state.encode', state.user === 'victim', () => state),
        decode: (data) => this.#ofState('state.decode', data),
        migrate: (state) => this.#ofState('state.migrate', state),
      },
      machine: {
        logic: rest,
        version,
        migrate: (snapshot) => {
          const isVictims = user() === 'victim';
          return this.#call('machine.migrate', isVictims, () => snapshot);
        },
      },
      input: (session) => this.#call('input', isVictim(session), () => ({})),
      onSleep: (session) => this.#call('onSleep', isVictim(session), () => 'kept'),
      onWake: (session) => this.#call('onWake', isVictim(session), () => {}),
      server: (session) => {
        if (isVictim(session)) this.#victimId = session.id;
        const server = this.#server(session, () => local.get());
        session.own(() => this.#call('session.own', isVictim(session), () => {}));
        return this.#call('server', isVictim(session), () => server);
      },
    });
    for (const event of EVENTS) {
      runtime.on(event, (told) => {
        const session = 'session' in told ? told.session : undefined;
        const isVictims = session !== undefined && session === this.#victim;
        return this.#call('runtime.on', isVictims, () => {});
      });
    }
    for (const event of TROUBLES) {
      runtime.on(event, (told) => {
        // Without an error, it is a request that was cut.
        if ('error' in told ? told.error !== undefined : true) this.troubles.add(event);
      });
    }
    runtime.on('session.ended', ({ session, reason }: RuntimeEvents['session.ended']) => {
      if (session === this.#victim && reason !== 'terminated' && reason !== 'drained') {
        this.troubles.add(reason);
      }
    });
    return runtime;
  }

  #server(session: Session<State>, use: () => unknown): FakeServer {
    const isVictims = session.principal === 'victim';
    const next = (state: State): State => ({ ...state, n: state.n + 1 });
    const count = async (): Promise<State> => {
      await use();
      return session.update((state) => this.#call('session.update', isVictims, () => next(state)));
    };
    const server = new FakeServer((message) => {
      if (!isRequest(message)) return false;
      const { id, method } = message;
      if (method === 'count') {
        void count().then(
          ({ n }) => server.answer(id, { n }),
          () => server.fail(id),
        );
        return true;
      }
      const words = method === 'tell' ? [1, 2, 3, 4] : [];
      for (const i of words) server.notify('notifications/x', { i }, id);
      return false;
    });
    const [connect, close] = [server.connect.bind(server), server.close.bind(server)];
    server.connect = async (transport) => {
      await connect(transport);
      await this.#call('server.connect', isVictims, async () => {});
    };
    server.close = async () => {
      await close();
      await this.#call('server.close', isVictims, async () => {});
    };
    return server;
  }

  #store(): SessionStore {
    const disk = this.#disk;
    const call = <T>(name: string, id: string | undefined, value: () => T): T =>
      this.#call(`store.${name}`, id === undefined || id === this.#victimId, value);
    return {
      isDurable: true,
      get: (id) => call('get', id, () => disk.get(id)),
      write: (changes) => {
        const [first] = changes;
        const id = first?.type === 'put' ? first.record.id : first?.id;
        return call('write', id, () => disk.write(changes));
      },
      page: (query) => call('page', undefined, () => disk.page(query)),
      due: (now, limit) => call('due', undefined, () => disk.due(now, limit)),
      count: (principal) => {
        // A store that can not be opened serves nobody.
        const isFirst = ++this.#counts === 1;
        return isFirst ? disk.count() : call('count', undefined, () => disk.count(principal));
      },
      time: () => disk.time(),
      keepTime: (time) => call('keepTime', undefined, () => disk.keepTime(time)),
      rows: (id) => call('rows', id, () => disk.rows(id)),
      close: () => call('close', undefined, () => disk.close()),
    };
  }

  /** The SDK's own store of events is an example of its, of which a test has one here. */
  #eventStore(): EventStore {
    const events: { id: string; stream: string; message: unknown }[] = [];
    const isVictims = (stream: string): boolean => stream.startsWith(`${this.#victim}-`);
    return {
      storeEvent: (stream, message) =>
        this.#call('eventStore.storeEvent', isVictims(stream), async () => {
          const id = `${stream}_${events.length}`;
          events.push({ id, stream, message });
          return id;
        }),
      replayEventsAfter: (last, { send }) => {
        const [stream = ''] = last.split('_');
        return this.#call('eventStore.replayEventsAfter', isVictims(stream), async () => {
          const since = events.findIndex(({ id }) => id === last);
          for (const event of events.slice(since + 1)) {
            if (event.stream === stream) await send(event.id, event.message as never);
          }
          return stream;
        });
      },
    };
  }
}
