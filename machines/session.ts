import { assign, setup } from 'xstate';
import { END_REASONS, type EndReason } from './ends.ts';

export { END_REASONS, type EndReason };

/** Everything a session's machine can be told. Nothing from the wire ever becomes an event type. */
export type SessionEvent =
  | { type: 'session.built' }
  | { type: 'session.ready' }
  | { type: 'session.woken' }
  | { type: 'session.crashed'; restart: boolean }
  | { type: 'handshake.answered' }
  | { type: 'handshake.refused' }
  | { type: 'handshake.confirmed' }
  | { type: 'message.arrived' }
  | { type: 'session.quiet' }
  | { type: 'session.slept' }
  | { type: 'sleep.refused' }
  | { type: 'stream.attached' }
  | { type: 'stream.detached' }
  | { type: 'deadline.passed' }
  | { type: 'session.close'; reason: EndReason }
  | { type: 'session.settled' }
  | { type: 'session.released' };

export interface SessionContext {
  /** A GET stream or a socket is open: the session may sleep, and does not end for being unused. */
  attached: boolean;
  /** The client has spoken since `initialize` was answered: the handshake is finished. */
  confirmed: boolean;
  /** The host keeps records, so an idle session can be put to sleep instead of being closed. */
  sleeps: boolean;
  reason: EndReason | null;
}

/** What a state does with a message that arrives. */
export type Arrival =
  /** hand the message to the server at once */
  | 'dispatch'
  /** keep the message, bounded, until the server is there */
  | 'stash'
  /** tell the machine `message.arrived` first, then look again */
  | 'activate'
  /** answer 404, count a dead letter */
  | 'refuse';

/** How an unused session ends, whichever idle state its server is kept or released in. */
const EXPIRES = {
  description: 'evictAfterMs',
  guard: 'isDetached',
  target: '#session.closing',
  actions: { type: 'noteReason', params: { reason: 'expired' } },
} as const;

/** What a crash does in states where no restart is allowed. */
const CRASHES = {
  target: '#session.closing.cutting',
  actions: { type: 'noteReason', params: { reason: 'crashed' } },
} as const;

type Crash = { readonly event: { readonly restart: boolean } };

/** What a crash does in states where a server may be rebuilt. */
const RESTARTS = [
  {
    description: 'onCrash: restart, while the intensity allows it.',
    guard: { type: 'canRestart', params: ({ event: { restart } }: Crash) => ({ restart }) },
    target: '#session.initializing.waking',
    actions: 'abandon',
  },
  CRASHES,
] as const;

/**
 * The life of one session: `initializing → active → idle → evicted`.
 *
 * Pure: every action below only names an effect, which the runtime provides. The machine hears the
 * edges of a life, never single messages: messages belong to the mailbox.
 */
export const sessionMachine = setup({
  types: {
    context: {} as SessionContext,
    events: {} as SessionEvent,
    input: {} as Pick<SessionContext, 'sleeps'>,
    tags: {} as
      | Arrival
      | 'accepting'
      | 'resident'
      | 'warm'
      | 'dozing'
      | 'asleep'
      | 'settling'
      | 'ending',
  },
  actions: {
    /** Run the factory and connect its server. */
    build: () => {},
    /** Hand `initialize` to the server; every other message still waits. */
    greet: () => {},
    /** Run the factory again and replay the stored handshake; the answers are swallowed. */
    rebuild: () => {},
    /** Store what the session keeps while it sleeps; say whether the session could be stored. */
    doze: () => {},
    /** Release the server and the owned resources of this incarnation; a record stays. */
    fallAsleep: () => {},
    /** Release a crashed incarnation; each waiting caller gets one clear error. */
    abandon: () => {},
    /** Hand every waiting message to the server, in order of arrival. */
    dispatchStash: () => {},
    /** Start looking for quiet: zero references for a moment. */
    watchQuiet: () => {},
    /** Start the deadline `idleTimeoutMs` of an idle session. */
    armIdle: () => {},
    /** Start the deadline after which an unused session ends. */
    armEvict: () => {},
    /** Stop the deadline of the state that is left. */
    disarm: () => {},
    /** The handshake is complete: the session no longer counts as unfinished. */
    confirm: () => {},
    /** End the standing streams; have the mailbox report when nothing is in flight. */
    settle: () => {},
    /** Answer each request still in flight with one error. */
    cut: () => {},
    /** Run the teardown list, once. */
    release: () => {},
    /** Leave the directory, keep a tombstone. */
    bury: () => {},
    noteReason: assign({ reason: (_, params: { reason: EndReason }) => params.reason }),
  },
  guards: {
    isDetached: ({ context }) => !context.attached,
    isUnconfirmed: ({ context }) => !context.confirmed,
    canRestart: (_, params: { restart: boolean }) => params.restart,
    canSleep: ({ context }) => context.sleeps,
  },
}).createMachine({
  id: 'session',
  description: 'One client connection: its server, its transport and its scoped state.',
  context: ({ input }) => ({
    attached: false,
    confirmed: false,
    sleeps: input.sleeps,
    reason: null,
  }),
  initial: 'initializing',
  on: {
    'session.close': {
      description: 'Asked to end: by its client, its operator, capacity, drain or revocation.',
      target: '.closing',
      actions: { type: 'noteReason', params: ({ event }) => ({ reason: event.reason }) },
    },
    'session.crashed': {
      description: 'Factory, effect, owned resource or stray callback threw.',
      target: '.closing.cutting',
      actions: { type: 'noteReason', params: { reason: 'crashed' } },
    },
    'stream.attached': { actions: assign({ attached: true }) },
    'stream.detached': { actions: assign({ attached: false }) },
    'handshake.confirmed': {
      guard: 'isUnconfirmed',
      actions: [assign({ confirmed: true }), 'confirm'],
    },
  },
  states: {
    initializing: {
      description: 'There is no server yet, or its handshake is not answered. Arrivals wait.',
      initial: 'building',
      tags: ['accepting', 'stash'],
      on: {
        'deadline.passed': {
          description: 'handshakeTimeoutMs',
          target: 'closing.cutting',
          actions: { type: 'noteReason', params: { reason: 'handshake-timeout' } },
        },
      },
      states: {
        building: {
          description: 'The factory runs and its server connects.',
          entry: 'build',
          on: {
            'session.built': 'handshaking',
            'session.ready': {
              description: 'Built, and nobody shakes hands: a kind of actor without a protocol.',
              target: '#session.active',
              actions: [assign({ confirmed: true }), 'confirm'],
            },
          },
        },
        handshaking: {
          description: '`initialize` is delivered and not yet answered.',
          tags: 'resident',
          entry: 'greet',
          on: {
            'handshake.answered': '#session.active',
            'handshake.refused': {
              description: 'The server refused `initialize`: nothing was ever registered.',
              target: '#session.closing',
              actions: { type: 'noteReason', params: { reason: 'terminated' } },
            },
          },
        },
        waking: {
          description: 'Rebuilt by replaying its handshake, after sleep or after a crash.',
          entry: 'rebuild',
          on: { 'session.woken': '#session.active' },
        },
      },
    },
    active: {
      description:
        'In use: a request in flight, a server request pending, a message queued, or a moment ago.',
      tags: ['accepting', 'resident', 'dispatch'],
      entry: ['dispatchStash', 'watchQuiet'],
      exit: 'disarm',
      on: {
        'session.quiet': 'idle',
        'deadline.passed': {
          description: 'handshakeTimeoutMs: answered, but the client never spoke again.',
          guard: 'isUnconfirmed',
          target: 'closing',
          actions: { type: 'noteReason', params: { reason: 'handshake-timeout' } },
        },
        'session.crashed': RESTARTS,
      },
    },
    idle: {
      description: 'Zero references. Reached only there, never guessed from a timestamp.',
      initial: 'warm',
      tags: ['accepting', 'activate'],
      on: {
        'session.crashed': RESTARTS,
      },
      states: {
        warm: {
          description: 'Nothing in flight, the server is resident.',
          tags: ['resident', 'warm'],
          entry: 'armIdle',
          exit: 'disarm',
          on: {
            'message.arrived': '#session.active',
            'stream.attached': { actions: [assign({ attached: true }), 'disarm', 'armIdle'] },
            'stream.detached': { actions: [assign({ attached: false }), 'disarm', 'armIdle'] },
            'deadline.passed': [
              {
                description: 'handshakeTimeoutMs: the handshake was never confirmed.',
                guard: 'isUnconfirmed',
                target: '#session.closing',
                actions: { type: 'noteReason', params: { reason: 'handshake-timeout' } },
              },
              { description: 'idleTimeoutMs', guard: 'canSleep', target: 'dozing' },
              {
                description: 'idleTimeoutMs, where sleep is off',
                guard: 'isDetached',
                target: '#session.closing',
                actions: { type: 'noteReason', params: { reason: 'expired' } },
              },
            ],
          },
        },
        dozing: {
          description: 'What it keeps is being stored. The server is there until that is done.',
          tags: ['resident', 'dozing'],
          entry: 'doze',
          on: {
            'message.arrived': '#session.active',
            'session.slept': 'asleep',
            'sleep.refused': {
              description: 'It owns something live, or its state can not be stored.',
              target: 'pinned',
            },
          },
        },
        pinned: {
          description: 'It can not sleep: the server stays until the session is used or ends.',
          tags: 'resident',
          entry: 'armEvict',
          exit: 'disarm',
          on: {
            'message.arrived': '#session.active',
            'stream.attached': { actions: [assign({ attached: true }), 'disarm', 'armEvict'] },
            'stream.detached': { actions: [assign({ attached: false }), 'armEvict'] },
            'deadline.passed': EXPIRES,
          },
        },
        asleep: {
          description: 'The server is released, a small record is kept.',
          tags: 'asleep',
          entry: ['fallAsleep', 'armEvict'],
          exit: 'disarm',
          on: {
            'message.arrived': '#session.initializing.waking',
            'stream.attached': { actions: [assign({ attached: true }), 'disarm'] },
            'stream.detached': { actions: [assign({ attached: false }), 'armEvict'] },
            'deadline.passed': EXPIRES,
          },
        },
      },
    },
    closing: {
      description: 'Refuses admission before teardown starts.',
      initial: 'settling',
      tags: ['ending', 'refuse'],
      on: { 'session.close': {}, 'session.crashed': {} },
      states: {
        settling: {
          description: 'Work in flight may finish, within closeTimeoutMs.',
          tags: 'settling',
          entry: 'settle',
          exit: 'disarm',
          on: {
            'session.settled': 'releasing',
            'deadline.passed': { description: 'closeTimeoutMs', target: 'cutting' },
            'session.crashed': 'cutting',
          },
        },
        cutting: {
          description: 'What is left in flight gets one error each.',
          entry: 'cut',
          always: 'releasing',
        },
        releasing: {
          description: 'The teardown list runs.',
          entry: 'release',
          on: { 'session.released': '#session.evicted' },
        },
      },
    },
    evicted: {
      description: 'Gone. A tombstone says why.',
      type: 'final',
      tags: ['ending', 'refuse'],
      entry: 'bury',
      // Stepped as a pure function, a final state hears its ancestors' events; the end hears none.
      on: { '*': {} },
    },
  },
});
