import type { Clients } from './clients.ts';
import type { Life } from './life.ts';
import type { Random } from './random.ts';
import { LIMITS } from './setting.ts';
import { FAIR } from './simDisk.ts';
import type { World } from './world.ts';

/** Where a deed is done. */
export interface Stage {
  readonly world: World;
  readonly clients: Clients;
  readonly random: Random;
  /** The process dies where it stands, and the next one starts. @param loses of its disk */
  die(loses: 'uncommitted' | 'unsynced'): void;
  /** Ends the process in order, and starts the next. */
  restart(): Promise<void>;
}

type OfOne = (stage: Stage, life: Life) => unknown;
type OfAll = (stage: Stage) => unknown;

const KB = 1024;
const TIMES = [10, 60, 200, 700, 1200, 2500, 4000, 9000, 26_000];

const call =
  (kind: string): OfOne =>
  ({ clients }, life) =>
    clients.call(life, kind);

/** What is done to one session, by its client, its server, its host or its operator; how often. */
export const OF_ONE: Readonly<Record<string, readonly [number, OfOne]>> = {
  echo: [5, call('echo')],
  add: [6, call('add')],
  'add slowly': [2, call('add slowly')],
  hold: [5, call('hold')],
  talk: [3, call('talk')],
  'ask in a call': [2, call('ask')],
  boom: [1, call('boom')],
  stray: [1, call('stray')],
  'stray later': [1, call('stray later')],
  own: [1, call('own')],
  twice: [1, call('twice')],
  'close itself': [0.5, call('close itself')],
  big: [
    3,
    ({ clients, random }, life) =>
      clients.call(life, 'big', {
        size: random.one(6, 20, 30) * KB,
        prefersStream: random.chance(0.5),
      }),
  ],
  'many big': [
    2,
    ({ clients, random }, life) => {
      const isOneLine = random.chance(0.4);
      const line = clients.newLine(life.user, 200 + random.below(2000));
      if (isOneLine && random.chance(0.7)) clients.attach(life, undefined, line);
      const prefersStream = random.chance(0.5);
      for (let left = 3 + random.below(8); left > 0; left--) {
        const own = isOneLine ? line : clients.newLine(life.user, 200);
        clients.call(life, 'big', { size: random.one(8, 30) * KB, line: own, prefersStream });
      }
    },
  ],
  flood: [
    2,
    ({ clients, random }, life) =>
      clients.call(life, random.one('flood', 'flood and wait'), {
        count: random.one(10, 40, 200),
        size: random.one(0, 0, 300, 2000),
      }),
  ],
  'slow upload': [
    2,
    ({ clients, random }, life) =>
      clients.call(life, 'echo', { parts: 2 + random.below(3), size: random.below(500) }),
  ],
  'quick cancel': [
    1,
    ({ clients }, life) => {
      const held = clients.call(life, 'hold', { parts: 3 });
      held.isCancelled = true;
      clients.tell(life, { method: 'notifications/cancelled', params: { requestId: held.id } });
    },
  ],
  cancel: [
    2,
    ({ clients, random }, life) => {
      const open = life.calls.filter(({ answers }) => answers.size === 0);
      const one = random.pick(open);
      if (one === undefined) return;
      one.isCancelled = true;
      clients.tell(life, {
        method: 'notifications/cancelled',
        params: { requestId: one.id },
      });
    },
  ],
  respond: [
    4,
    ({ clients }, life) => {
      const id = life.questions.shift();
      if (id !== undefined) clients.tell(life, { id, result: { roots: [] } });
    },
  ],
  confirm: [1, ({ clients }, life) => clients.confirm(life)],
  ping: [
    1,
    ({ clients, world }, life) => clients.tell(life, { id: world.ledger.nonce(), method: 'ping' }),
  ],
  attach: [5, ({ clients }, life) => clients.attach(life)],
  'take over': [
    2,
    ({ clients, random }, life) => {
      const room = random.one(Infinity, 500);
      for (let left = 2 + random.below(6); left > 0; left--) {
        clients.attach(life, undefined, clients.newLine(life.user, room));
      }
    },
  ],
  'resume storm': [
    1,
    ({ clients, random }, life) => {
      const last = life.streams.findLast(({ response }) => response.lastId !== undefined);
      const id = last?.response.events.find(({ id: each }) => each !== undefined)?.id;
      if (id === undefined) return;
      for (let left = 3 + random.below(8); left > 0; left--) {
        clients.attach(life, id, clients.newLine(life.user, 300));
      }
    },
  ],
  resume: [
    4,
    ({ clients }, life) => {
      const last = life.streams.findLast(({ response }) => response.lastId !== undefined);
      if (last === undefined) return;
      last.line.reset();
      clients.attach(life, last.response.lastId);
    },
  ],
  'resume call': [
    4,
    ({ clients, random }, life) => {
      const left = life.calls.filter(({ parts }) =>
        parts.every(({ response }) => response.end !== undefined),
      );
      const one = random.pick(left);
      if (one !== undefined) clients.resume(life, one);
    },
  ],
  'cut call': [
    2,
    ({ random }, life) => {
      const open = life.calls.filter(({ answers }) => answers.size === 0);
      random.pick(open)?.parts.at(-1)?.line.reset();
    },
  ],
  trespass: [3, ({ clients }, life) => clients.trespass(life)],
  delete: [1, ({ clients }, life) => clients.delete(life)],
  // Of its server, and of whoever holds it.
  say: [
    4,
    ({ world, random }, life) => {
      world.process.serverOf(life.id)?.say(world.ledger.nonce(), random.one(0, 0, 3000));
    },
  ],
  'say much': [
    1,
    ({ world, random }, life) => {
      const server = world.process.serverOf(life.id);
      for (let left = 20 + random.below(40); left > 0; left--) {
        server?.say(world.ledger.nonce(), 2000);
      }
    },
  ],
  ask: [3, ({ world }, life) => world.process.serverOf(life.id)?.ask(world.ledger.nonce())],
  update: [
    2,
    ({ world }, life) => {
      const nonce = world.ledger.nonce();
      life.sent.add(nonce);
      const update = world.process.handles
        .get(life.id)
        ?.update(({ tokens }) => ({ tokens: [...tokens, nonce] }));
      // It may be over, or its store may fail.
      update?.catch(() => {});
    },
  ],
  // Of its operator.
  evict: [
    0.7,
    ({ world }, life) => {
      const { process } = world;
      const note = (wasThere: boolean): void => {
        if (wasThere && !process.isDead) life.isOver = true;
      };
      // Its store may fail.
      process.runtime.evict(life.id).then(note, () => {});
    },
  ],
  'evict principal': [
    0.3,
    ({ world }, { user }) => {
      if (user !== 'nobody') world.process.runtime.evictPrincipal(user).catch(() => {});
    },
  ],
  wake: [1, ({ world }, life) => void world.process.runtime.wake(life.id).catch(() => {})],
};

/** What is not done to one session; how often. */
export const OF_ALL: Readonly<Record<string, readonly [number, OfAll]>> = {
  open: [5, ({ clients, random }) => clients.initialize(userOf(random), true)],
  'open half': [1, ({ clients, random }) => clients.initialize(userOf(random), false)],
  answer: [
    8,
    ({ world, random }) => random.pick(world.process.servers.flatMap(({ gates }) => gates))?.open(),
  ],
  read: [
    8,
    ({ clients, random }) => {
      const slow = clients.lines.filter((each) => !each.isQuick && !each.isOver);
      random.pick(slow)?.read(random.one(100, 1500, 20_000, 200_000));
    },
  ],
  reset: [2, ({ clients, random }) => random.pick(clients.lines)?.reset()],
  'half-close': [
    1,
    ({ clients, random }) => random.pick(clients.lines.filter((each) => !each.isOver))?.halfClose(),
  ],
  'silent line': [
    0.5,
    ({ clients, random, world }) =>
      clients.newLine(userOf(random), 100).connect(world.process.http),
  ],
  elapse: [20, ({ world, random }) => world.scheduler.pass(random.one(...(TIMES as [number])))],
  stall: [
    3,
    ({ world, random }) => {
      const ms = random.one(1100, 3500, 20_000);
      world.disk?.stalls(ms);
      world.census.stalled(ms);
      return world.scheduler.stall(ms);
    },
  ],
  weather: [
    4,
    ({ world, random }) =>
      world.disk?.become({
        latencyMs: random.one(0, 20, 200, 1500, 6000, 30_000),
        errors: random.one(0, 0, 0, 0.2, 1),
        hangs: random.chance(0.15),
        isFull: random.chance(0.1),
      }),
  ],
  heal: [5, ({ world }) => world.disk?.become(FAIR)],
  corrupt: [
    0.3,
    ({ world, random }) => {
      const id = random.pick(world.disk?.committed.ids ?? []);
      if (id === undefined) return;
      world.disk?.committed.corrupt.add(id);
      const life = world.lives.get(id);
      if (life !== undefined) life.isLoose = true;
    },
  ],
  kill: [2, (stage) => stage.die('uncommitted')],
  'lose power': [1, (stage) => stage.die('unsynced')],
  restart: [0.7, (stage) => stage.restart()],
  drain: [
    0.5,
    ({ world }) => {
      world.process.draining ??= world.process.runtime.drain({ deadlineMs: LIMITS.closeTimeoutMs });
    },
  ],
};

function userOf(random: Random): 'ann' | 'bob' | 'eve' | 'nobody' {
  return random.one('ann', 'ann', 'bob', 'eve', 'nobody');
}
