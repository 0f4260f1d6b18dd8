import type { User } from '../clients.ts';
import { type StatelessDeeds, type StatelessStage, userOf, wayOf } from './stage.ts';

const KINDS = ['cursor', 'page', 'shell'] as const;

/** A tool is called in either era: by a session of the user's, or without one. */
function callEither(stage: StatelessStage, user: User, kind: string, args: object): void {
  const { random, clients, stateless } = stage;
  const lives = clients.known.filter((each) => {
    return each.user === user && !each.isOver && each.endedAt === undefined;
  });
  const life = random.chance(0.4) ? random.pick(lives) : undefined;
  if (life === undefined) {
    const given = { ...args } as Readonly<Record<string, unknown>>;
    stateless.call(user, kind, { ...wayOf(stage, user), args: given });
  } else clients.call(life, kind, { args });
}

function use(stage: StatelessStage, verb: string, isOwn = true): void {
  const { random, stateless } = stage;
  const known = stateless.stateless.things.known;
  const thing = random.pick(random.chance(0.7) ? known.slice(-5) : known);
  if (thing === undefined) return;
  const others = ['ann', 'bob', 'eve', 'nobody'].filter((each) => each !== thing.user);
  const user = isOwn ? thing.user : random.one(...(others as ['ann']));
  callEither(stage, user as User, thing.kind, { verb, thing: thing.id });
}

/** What is done to handles, and to what else belongs to principals. */
export const THING_DEEDS: StatelessDeeds = {
  create: [
    6,
    (stage) => {
      const user = userOf(stage.random);
      callEither(stage, user, stage.random.one(...KINDS), { verb: 'create' });
    },
  ],
  use: [12, (stage) => use(stage, stage.random.one('add', 'add', 'add', 'hold', 'hold', 'look'))],
  'use again and again': [
    1,
    (stage) => {
      for (let left = 2 + stage.random.below(5); left > 0; left--) use(stage, 'add');
    },
  ],
  'close a handle': [0.7, (stage) => use(stage, 'close')],
  destroy: [2, (stage) => use(stage, 'destroy')],
  'trespass on a handle': [
    3,
    (stage) => use(stage, stage.random.one('add', 'hold', 'destroy'), false),
  ],
  list: [
    1,
    (stage) => {
      const user = userOf(stage.random);
      callEither(stage, user, stage.random.one(...KINDS), { verb: 'list' });
    },
  ],
  cart: [4, (stage) => callEither(stage, userOf(stage.random), 'cart', {})],
};
