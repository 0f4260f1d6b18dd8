import type { World } from '../world.ts';
import { STATELESS_LIMITS, TASK_LIMITS, THING_LIMITS } from './setting.ts';

type View = ReturnType<World['process']['runtime']['calls']>[number];

/** Holds the bounds of the stateless revision against what there is. */
export function reviewStateless(world: World): void {
  const { ledger, process } = world;
  const { runtime } = process;
  const { modern, handles } = runtime.stats();
  const views = runtime.calls();
  const parked = views.filter(({ state }) => state === 'parked');
  const tasks = views.filter(({ state }) => state.startsWith('task.'));
  const held = (count: number, most: number, what: string): void => {
    ledger.check(count <= most, () => `${count} ${what}, of ${most}`);
  };
  const { maxParked, maxParkedBytes, maxListens } = STATELESS_LIMITS;
  held(parked.length, maxParked, 'calls wait');
  held(modern.waiting, maxParked, 'calls wait (stats)');
  held(modern.listens, maxListens, 'streams');
  held(modern.tasksRunning, TASK_LIMITS.maxTasks, 'tasks');
  const { maxParkedAnonymous, maxParkedPerPrincipal } = STATELESS_LIMITS;
  each(parked, (principal, count) => {
    held(count, principal === NOBODY ? maxParkedAnonymous : maxParkedPerPrincipal, 'calls wait');
  });
  const { maxTasksAnonymous, maxTasksPerPrincipal } = TASK_LIMITS;
  each(tasks, (principal, count) => {
    held(count, principal === NOBODY ? maxTasksAnonymous : maxTasksPerPrincipal, 'tasks');
  });
  const { calls } = world.stateless!;
  const waiting = (nonce: number): number => {
    return (calls.asked.get(nonce) ?? 0) + (calls.all.get(nonce)?.keptBytes ?? 0);
  };
  // A call whose server is gone asks nothing any more.
  const asking = parked.filter(({ questions }) => questions.length > 0);
  held(bytesOf(asking, waiting), maxParkedBytes, 'bytes of calls that wait');
  const kept = views.filter(({ state }) => state === 'kept');
  held(
    bytesOf(kept, (nonce) => calls.sizes.get(nonce) ?? 0),
    TASK_LIMITS.maxKeptBytes,
    'bytes kept',
  );
  isWaitedFor(world, views);
  for (const view of runtime.handles()) held(view.waiting, queueOf(view.kind), `${view.kind} uses`);
  for (const kind of ['cursor', 'page', 'shell']) {
    const { total = 0, asleep = 0 } = handles[kind] ?? {};
    held(total - asleep, THING_LIMITS.max, kind);
  }
}

const NOBODY = 'anonymous';

/** Handlers that stop when they are told to. */
const STOPPABLE = /^(job )?(hold|talk|inquire)$/;
/** How soon a handler is over that nobody waits for. */
const SOON_MS = 50;

/** No handler runs for nobody: its client holds the line, or it waits, or it is a task. */
function isWaitedFor({ ledger, process, stateless, now }: World, views: readonly View[]): void {
  const { calls } = stateless!;
  const kept = new Set(views.map(({ name }) => Number(name?.split('#')[1])));
  for (const nonce of calls.running) {
    const call = calls.all.get(nonce);
    const { cutAt, process: number } = call?.rounds.at(-1) ?? {};
    const isAlone = cutAt !== undefined && !kept.has(nonce) && number === process.number;
    if (call === undefined || !isAlone || !STOPPABLE.test(call.kind)) {
      calls.alone.delete(nonce);
      continue;
    }
    const since = calls.alone.get(nonce) ?? now;
    calls.alone.set(nonce, since);
    const isFine = now - since < SOON_MS || process.user.faults > 0;
    ledger.check(isFine, () => `${call.kind} ${nonce} of ${call.user} runs for nobody`);
  }
}

function each(views: readonly View[], held: (principal: string, count: number) => void): void {
  const counts = new Map<string, number>();
  for (const { principal } of views) counts.set(principal, (counts.get(principal) ?? 0) + 1);
  for (const [principal, count] of counts) held(principal, count);
}

/** What calls hold. A call's number in the history is a part of the name of its tool. */
function bytesOf(views: readonly View[], bytes: (nonce: number) => number): number {
  return views.reduce((sum, { name }) => sum + bytes(Number(name?.split('#')[1])), 0);
}

function queueOf(kind: string): number {
  return kind === 'principal-local' ? 1024 : THING_LIMITS.maxQueue;
}
