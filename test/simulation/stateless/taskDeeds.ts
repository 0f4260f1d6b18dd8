import { JOBS } from './clients.ts';
import { type StatelessDeeds, type StatelessStage, userOf, wayOf } from './stage.ts';

const KB = 1024;
const URIS = ['file:///one', 'file:///two'] as const;

/** A task that its client knows of. */
function known({ random, stateless }: StatelessStage): string | undefined {
  const { tasks } = stateless.stateless;
  // The newest are of most interest.
  return random.pick(random.chance(0.7) ? tasks.heard.slice(-4) : tasks.heard);
}

/** Does something about a task, as its client or as somebody else. */
function askAbout(stage: StatelessStage, method: string, isOwn: boolean, more = {}): void {
  const { random, stateless } = stage;
  const id = known(stage);
  if (id === undefined) return;
  const owner = stateless.stateless.tasks.callOf(id)!.user;
  const thief = random.one(
    ...(['ann', 'bob', 'eve', 'nobody'].filter((each) => each !== owner) as ['ann']),
  );
  stateless.aboutTask(method, id, isOwn ? owner : thief, more);
}

/** What the user of a task's call says to whatever it asks. */
function answers({ stateless, world, random }: StatelessStage, id: string): object {
  const call = stateless.stateless.tasks.callOf(id)!;
  const word = (): number => {
    const nonce = world.ledger.nonce();
    call.words.add(nonce);
    return nonce;
  };
  const roots = { roots: [{ uri: `file:///${word()}` }] };
  const form = { action: 'accept', content: { word: word() } };
  const first = call.params['arguments'] as { readonly how?: string };
  const numbered = first.how === 'form' ? form : roots;
  return {
    form,
    roots,
    ...(first.how === 'two' ? { input_1: roots, input_2: form } : { input_1: numbered }),
    ...(random.chance(0.5) && { input_2: first.how === 'two' ? form : numbered }),
  };
}

/** What is done about tasks, and by those who listen. */
export const TASK_DEEDS: StatelessDeeds = {
  job: [
    8,
    (stage) => {
      const { random, stateless } = stage;
      const user = userOf(random);
      const how = random.one('roots', 'form', 'two', 'keyed');
      const args = { size: random.one(0, 0, 3, 20) * KB, rounds: random.one(1, 2), how };
      const kind = random.one('job hold', 'job inquire', 'job big', 'job add', 'job boom', 'hold');
      stateless.call(user, kind, { ...wayOf(stage, user), args, capabilities: JOBS });
    },
  ],
  poll: [9, (stage) => askAbout(stage, 'tasks/get', true)],
  'answer a task': [
    3,
    (stage) => {
      const id = known(stage);
      const owner = id && stage.stateless.stateless.tasks.callOf(id)?.user;
      if (id === undefined || owner === undefined) return;
      const inputResponses = answers(stage, id);
      stage.stateless.aboutTask('tasks/update', id, owner, { inputResponses });
    },
  ],
  'cancel a task': [2, (stage) => askAbout(stage, 'tasks/cancel', true)],
  'trespass on a task': [
    3,
    (stage) => {
      const method = stage.random.one('tasks/get', 'tasks/update', 'tasks/cancel');
      askAbout(stage, method, false, { inputResponses: { form: { action: 'decline' } } });
    },
  ],
  listen: [
    5,
    (stage) => {
      const { random, stateless, clients } = stage;
      const user = userOf(random);
      const { tasks } = stateless.stateless;
      const own = tasks.heard.filter((id) => tasks.callOf(id)?.user === user);
      const asked = {
        toolsListChanged: random.chance(0.7),
        resourcesListChanged: random.chance(0.5),
        ...(random.chance(0.6) && { resourceSubscriptions: [random.one(...URIS)] }),
        ...(random.chance(0.7) && { taskIds: [...own.slice(-3), ...tasks.heard.slice(-2)] }),
      };
      const line = clients.newLine(user, random.chance(0.4) ? 300 : Infinity);
      stateless.listen(user, asked, line, wayOf(stage, user).room);
    },
  ],
  'cut a listen': [2, ({ random, stateless }) => random.pick(stateless.listens)?.line.reset()],
  'resource changed': [
    4,
    ({ random, world }) => {
      const servers = world.process.servers.filter(
        ({ life, closes }) => life.isHome && closes === 0,
      );
      const server = random.pick(servers);
      const many = random.one(1, 1, 30);
      for (let left = many; left > 0; left--) {
        server?.changed(random.one(...URIS), world.ledger.nonce(), many > 1 ? 800 : 0);
      }
    },
  ],
  'list changed': [
    2,
    ({ random, world }) => {
      const server = random.pick(world.process.servers.filter(({ closes }) => closes === 0));
      server?.listChanged(random.one('tools', 'resources'));
    },
  ],
  notify: [
    1,
    ({ random, world }) => {
      const principal = random.one('ann', 'bob', undefined);
      const about = principal === undefined ? {} : { principal };
      const { runtime } = world.process;
      if (random.chance(0.5)) runtime.notify('tools/list_changed', about);
      else runtime.notify('resources/updated', { ...about, uri: random.one(...URIS) });
    },
  ],
};
