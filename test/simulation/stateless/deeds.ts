import type { Stage } from '../deeds.ts';
import type { Random } from '../random.ts';
import { freshToken, type StatelessCall, type Token } from './call.ts';
import { ASKABLE, type Way } from './clients.ts';
import { type StatelessDeeds, type StatelessStage, userOf, wayOf } from './stage.ts';
import { TASK_DEEDS } from './taskDeeds.ts';
import { THING_DEEDS } from './thingDeeds.ts';

const KB = 1024;
const KINDS = ['echo', 'add', 'add', 'add slowly', 'hold', 'talk', 'boom', 'stray', 'own'] as const;

type Answers = Readonly<Record<string, unknown>>;

/** What users say to the questions of a token, or to some of them. */
function answersTo({ words }: StatelessCall, token: Token, stage: Stage, often = 1): Answers {
  const { random, world } = stage;
  const answers = Object.entries(token.questions).flatMap(([key, { method }]) => {
    if (!random.chance(often)) return [];
    const word = world.ledger.nonce();
    words.add(word);
    // Where others are open, an answer waits, however large.
    const much = often < 1 ? 'x'.repeat(random.one(0, 9000, 20_000)) : '';
    const form = { action: 'accept', content: { word, much } };
    return [[key, method === 'roots/list' ? { roots: [{ uri: `file:///${word}` }] } : form]];
  });
  return { ...Object.fromEntries(answers), 'nobody asked': { action: 'accept' } };
}

function retry(stage: StatelessStage, call: StatelessCall, token: Token, way: Way = {}): void {
  stage.stateless.retry(call, token, answersTo(call, token, stage), way);
}

/** A call that waits for its user. */
function waiting({ random, stateless, world }: StatelessStage): StatelessCall | undefined {
  const fresh = stateless.calls.filter((call) => freshToken(call) !== undefined);
  const here = fresh.filter((call) => freshToken(call)?.process === world.process.number);
  return random.pick(here.length > 0 && random.chance(0.9) ? here : fresh);
}

/** What clients of the stateless revision do; how often. */
export const STATELESS_DEEDS: StatelessDeeds = {
  'stateless call': [
    12,
    (stage) => {
      const { random, stateless } = stage;
      const user = userOf(random);
      stateless.call(user, random.one(...KINDS), wayOf(stage, user));
    },
  ],
  'stateless big': [
    3,
    (stage) => {
      const { random, stateless, clients } = stage;
      const user = userOf(random);
      for (let left = random.one(1, 1, 4, 8); left > 0; left--) {
        const line = random.chance(0.6) ? clients.newLine(user, 300) : clients.line(user);
        const args = { size: random.one(6, 20, 30) * KB };
        stateless.call(user, 'big', { ...wayOf(stage, user), args, line });
      }
    },
  ],
  'stateless flood': [
    1,
    (stage) => {
      const { random, stateless } = stage;
      const user = userOf(random);
      const args = { count: random.one(10, 40), size: random.one(0, 300, 2000) };
      stateless.call(user, random.one('flood', 'flood and wait'), { ...wayOf(stage, user), args });
    },
  ],
  inquire: [
    9,
    (stage) => {
      const { random, stateless } = stage;
      const user = userOf(random);
      const args = {
        rounds: random.one(1, 1, 2, 4),
        how: random.one('roots', 'form', 'two', 'keyed'),
        size: random.one(0, 0, 3, 9) * KB,
      };
      stateless.call(user, 'inquire', { ...wayOf(stage, user), args });
    },
  ],
  'come back': [
    12,
    (stage) => {
      const call = waiting(stage);
      if (call !== undefined) retry(stage, call, freshToken(call)!);
    },
  ],
  'answer in part': [
    4,
    (stage) => {
      const call = waiting(stage);
      const token = call && freshToken(call);
      if (call === undefined || token === undefined) return;
      stage.stateless.retry(call, token, answersTo(call, token, stage, 0.5));
    },
  ],
  'come back at once': [
    2,
    (stage) => {
      const { random, clients } = stage;
      const call = waiting(stage);
      if (call === undefined) return;
      const token = freshToken(call)!;
      for (let left = 2 + random.below(3); left > 0; left--) {
        retry(stage, call, token, { line: clients.newLine(call.user, Infinity) });
      }
    },
  ],
  replay: [
    2,
    (stage) => {
      const { random, stateless } = stage;
      const call = random.pick(stateless.calls.filter(({ tokens }) => tokens.length > 0));
      const token = random.pick(call?.tokens ?? []);
      if (call !== undefined && token !== undefined) retry(stage, call, token);
    },
  ],
  'steal a token': [
    3,
    (stage) => {
      const { random, stateless } = stage;
      const call = random.pick(stateless.calls.filter(({ tokens }) => tokens.length > 0));
      const token = call?.tokens.at(-1);
      if (call === undefined || token === undefined) return;
      const thief = call.user === 'eve' ? 'ann' : 'eve';
      const way = random.chance(0.5) ? { user: thief } : { args: { rounds: 9 } };
      const answers = { input_1: { roots: [{ uri: 'file:///0' }] } };
      stateless.retry(call, stolen(token, random), answers, way);
    },
  ],
  'cut a call': [
    3,
    ({ random, stateless }) => {
      const open = stateless.calls.filter(({ rounds }) => rounds.at(-1)?.outcome === undefined);
      random.pick(open)?.rounds.at(-1)?.line.reset();
    },
  ],
  'name another session': [
    2,
    (stage) => {
      const { random, stateless, clients } = stage;
      const user = userOf(random);
      const others = stateless.named.filter((each) => each.user !== user);
      const id = random.pick([...others, ...clients.known])?.id;
      if (id === undefined) return;
      // Whatever serves that is not theirs.
      stateless.call(user, 'echo', { named: { id, user, home: 'nothing' } });
    },
  ],
  'confuse the eras': [
    1,
    (stage) => {
      const { random, world, clients } = stage;
      const life = random.pick(clients.known);
      const user = userOf(random);
      stage.stateless.call(user, 'echo', { ...wayOf(stage, user), sid: life?.id });
      const home = random.pick([...world.lives.values()].filter(({ isHome }) => isHome));
      if (home !== undefined) clients.trespassOnHome(home);
    },
  ],
  'evict a home': [
    0.7,
    ({ world, random }) => {
      const { process } = world;
      const life = random.pick([...world.lives.values()].filter(({ isHome }) => isHome));
      if (life === undefined) return;
      const note = (wasThere: boolean): void => {
        if (wasThere && !process.isDead) life.isOver = true;
      };
      process.runtime.evict(life.id).then(note, () => {});
    },
  ],
  'corrupt a part': [
    0.3,
    ({ world, random, stateless }) => {
      const { tasks, things } = stateless.stateless;
      const part = random.one('tasks', 'handles');
      const platter = world.disk?.part(part);
      const id = random.pick(platter?.committed.ids ?? []);
      if (id === undefined) return;
      platter?.committed.corrupt.add(id);
      if (part === 'tasks') tasks.loosen(id);
      else things.loosen(id);
    },
  ],
  discover: [
    0.7,
    (stage) => {
      const { random, stateless, world } = stage;
      const user = userOf(random);
      const nonce = world.ledger.nonce();
      const home = stateless.homeOf(user, nonce);
      const { prefer } = stateless.stateless.setting;
      const asks =
        prefer === 'stateless'
          ? (['server/discover', 'tools/list'] as const)
          : (['tools/list'] as const);
      const method = random.one(...(asks as readonly [string, ...string[]]));
      stateless.ask({ user, nonce, home, method, params: {}, capabilities: ASKABLE }, method);
    },
  ],
  ...TASK_DEEDS,
  ...THING_DEEDS,
};

/** A token in other hands, or changed at one place. */
function stolen(token: Token, random: Random): Token {
  if (random.chance(0.7)) return { ...token, rounds: [] };
  const at = random.below(token.text.length);
  const other = token.text[at] === 'A' ? 'B' : 'A';
  const text = token.text.slice(0, at) + other + token.text.slice(at + 1);
  return { ...token, text, rounds: [] };
}
