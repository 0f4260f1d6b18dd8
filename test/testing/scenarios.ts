import { eventually } from '../support/eventually.ts';
import { notification, request } from '../support/rawClient.ts';
import type { Scenario, Stage } from './stage.ts';

const MINUTE = 60_000;

/** What a session can go through without ever sleeping. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a session that is used, rests, is used again and is ended by its client': {
    walks: [
      'session.initializing.building session.built 0',
      'session.initializing.handshaking handshake.answered 0',
      'session handshake.confirmed 0',
      'session stream.attached 0',
      'session stream.detached 0',
      'session.active session.quiet 0',
      'session.idle.warm stream.attached 0',
      'session.idle.warm stream.detached 0',
      'session.idle.warm message.arrived 0',
      'session session.close 0',
      'session.closing.settling session.settled 0',
      'session.closing.releasing session.released 0',
      'session.evicted * 0',
    ],
    async play({ raw, quiet, walked, made }) {
      await raw.connect();
      (await raw.get()).leave();
      await walked('session stream.detached 0');
      await quiet();
      (await raw.get()).leave();
      await walked('session.idle.warm stream.detached 0');
      await raw.ask(request(1, 'tools/list'));
      await raw.delete();
      await walked('session.closing.releasing session.released 0');
      made.session?.close();
    },
  },
  'a server that refuses initialize': {
    options: {
      hook(message, server) {
        if (!('method' in message) || message.method !== 'initialize') return false;
        server.fail('init');
        return true;
      },
    },
    walks: ['session.initializing.handshaking handshake.refused 0'],
    play: ({ raw }) => raw.initialize(),
  },
  'a factory that never returns': {
    options: { holds: true },
    walks: ['session.initializing deadline.passed 0', 'session.closing.cutting always 0'],
    async play({ raw, made, clock }) {
      const reply = raw.initialize();
      await eventually(() => made.session !== undefined);
      clock.advance(MINUTE);
      await reply;
    },
  },
  'a factory that throws': {
    options: {
      server: () => {
        throw new Error('no server');
      },
    },
    walks: ['session session.crashed 0'],
    play: ({ raw }) => raw.initialize(),
  },
  'a client that never confirms, before its session is idle': {
    options: { quietMs: 2 * MINUTE },
    walks: ['session.active deadline.passed 0'],
    async play({ raw, clock }) {
      await raw.initialize();
      clock.advance(MINUTE);
    },
  },
  'a client that never confirms, after its session is idle': {
    walks: ['session.idle.warm deadline.passed 0'],
    async play({ raw, clock }) {
      await raw.initialize();
      await clock.elapse(MINUTE);
    },
  },
  'a crash in use that ends the session': {
    options: { owns: true },
    walks: ['session.active session.crashed 1'],
    async play({ raw, resource }) {
      await raw.connect();
      resource.emit('error', new Error('lost'));
    },
  },
  'a crash in use after which the server is rebuilt': {
    options: { owns: true, onCrash: 'restart' },
    walks: ['session.active session.crashed 0', 'session.initializing.waking session.woken 0'],
    async play({ raw, resource }) {
      await raw.connect();
      resource.emit('error', new Error('lost'));
      await raw.ask(request(1, 'tools/list'));
    },
  },
  'a crash at rest that ends the session': {
    options: { owns: true },
    walks: ['session.idle session.crashed 1'],
    async play({ raw, quiet, resource }) {
      await raw.connect();
      await quiet();
      resource.emit('error', new Error('lost'));
    },
  },
  'a crash at rest after which the server is rebuilt': {
    options: { owns: true, onCrash: 'restart' },
    walks: ['session.idle session.crashed 0'],
    async play({ raw, quiet, resource }) {
      await raw.connect();
      await quiet();
      resource.emit('error', new Error('lost'));
      await raw.ask(request(1, 'tools/list'));
    },
  },
  'a session that is not used for long, where sleep is off': {
    options: { sleep: false },
    walks: ['session.idle.warm deadline.passed 2'],
    async play({ raw, clock }) {
      await raw.connect();
      await clock.elapse(10 * MINUTE);
    },
  },
  'a call that outlasts the end of its session, and a drain meanwhile': {
    walks: [
      'session.closing.settling deadline.passed 0',
      'session.closing session.close 0',
      'supervisor.accepting supervisor.drain 0',
      'supervisor.draining supervisor.drained 0',
    ],
    async play({ raw, runtime, clock }) {
      await raw.connect();
      const held = raw.ask(request(1, 'hold'));
      await eventually(() => runtime.stats().inFlight === 1);
      await raw.delete();
      const drained = runtime.drain({ deadlineMs: MINUTE });
      clock.advance(5000);
      await Promise.all([held, drained]);
    },
  },
  'messages that waited: one ends the session, one crashes it': {
    options: { holds: true, createId: () => 'known' },
    walks: ['session.closing.settling session.crashed 0'],
    play: (stage) => flood(stage, { end: close(stage), crash }),
  },
  'the same, and its time is over between the two': {
    options: { holds: true, createId: () => 'known' },
    walks: ['session.closing session.crashed 0'],
    play: (stage) =>
      flood(stage, { end: close(stage), wait: () => stage.clock.advance(MINUTE), crash }),
  },
};

function close({ made }: Stage): () => void {
  return () => made.session?.close();
}

function crash(): never {
  throw new Error('boom');
}

/** Sends messages before there is a server: it is handed all of them in one step of its machine. */
async function flood(stage: Stage, acts: Readonly<Record<string, () => void>>): Promise<void> {
  const { raw, made, build } = stage;
  const initialized = raw.initialize();
  await eventually(() => made.session !== undefined);
  const other = stage.client();
  other.sessionId = 'known';
  for (const [name, act] of Object.entries(acts)) {
    stage.acts.set(name, act);
    await other.ask(notification(name));
  }
  build();
  await initialized;
}
