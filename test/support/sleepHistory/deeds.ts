import type { Deed } from './history.ts';
import type { Life } from './life.ts';
import { pick, type Stage } from './stage.ts';

/** What an update of a session may be refused with that sleeps, ends, or is handed over. */
const EXPECTED = new Set(['session-over', 'not-admitted', 'record-corrupt']);

type Act = (stage: Stage, life: Life, which: number) => unknown;

const ask = (deed: string): Act => {
  return ({ clients }, life) => clients.call(life, deed);
};

/** Everything that is done to one session: by its client, its server, its host or its operator. */
export const DEEDS: { readonly [D in Deed as D extends OfNobody ? never : D]: Act } = {
  echo: ask('echo'),
  add: ask('add'),
  'add slowly': ask('add slowly'),
  read: ask('read'),
  hold: ask('hold'),
  talk: ask('talk'),
  own: ask('own'),
  level: ask('level'),
  boom: ask('boom'),
  confirm: ({ clients }, life) => clients.confirm(life),
  note: ({ clients }, life) => clients.note(life, 'notifications/roots/list_changed'),
  ping: ({ clients }, life) => clients.ping(life),
  twice: ({ clients }, life, which) => {
    const call = pick(clients.open(life), which);
    if (call !== undefined) clients.call(life, 'echo', call.id);
  },
  cancel: ({ clients }, life, which) => {
    const call = pick(clients.open(life), which);
    if (call === undefined) return;
    call.isCancelled = true;
    clients.note(life, 'notifications/cancelled', { requestId: call.id });
  },
  respond: ({ clients }, life, which) => {
    const question = pick([...life.questions], which);
    if (question !== undefined) clients.respond(life, ...question);
  },
  attach: ({ clients }, life) => clients.attach(life),
  leave: ({ clients }, life) => clients.leave(life),
  resume: ({ clients }, life) => clients.resume(life),
  cut: ({ clients }, life, which) => {
    for (const part of pick(clients.open(life), which)?.parts ?? []) part.leave();
  },
  'resume call': ({ clients }, life, which) => {
    const left = life.calls.filter(({ parts }) => parts.every(({ isOver }) => isOver));
    const call = pick(left, which);
    if (call !== undefined) clients.resumeCall(life, call);
  },
  delete: ({ clients }, life) => clients.delete(life),
  trespass: ({ clients }, life, which) => clients.trespass(life, which),
  // Of its server.
  say: ({ machine: { ledger, process }, clients }, life) => {
    const n = ledger.token();
    const incarnation = process.incarnation(life);
    if (incarnation === undefined || !life.isConfirmed) return;
    const isRead = clients.streamOf(life) !== undefined;
    incarnation.say(n);
    if (isRead) life.words.add(n);
  },
  ask: ({ machine: { ledger, process } }, life) => {
    process.incarnation(life)?.ask(ledger.token());
  },
  'ask related': ({ machine: { ledger, process } }, life, which) => {
    const incarnation = process.incarnation(life);
    incarnation?.ask(ledger.token(), pick(incarnation.held, which));
  },
  burst: ({ machine: { process } }, life) => process.incarnation(life)?.burst(),
  // Of whoever holds it.
  tell: ({ machine: { ledger, process } }, life) => {
    process.handles.get(life.id)?.notify('notifications/message', { n: ledger.token() });
  },
  update: ({ machine, review }, life) => {
    const { process, ledger } = machine;
    const token = ledger.token();
    const update = process.handles.get(life.id)?.update(({ tokens }) => {
      life.sent.add(token);
      return { tokens: [...tokens, token] };
    });
    void update?.then(
      ({ tokens }) => review.updated(process, life, token, tokens),
      (error: unknown) => {
        const isExpected = EXPECTED.has((error as { code?: string }).code ?? '');
        ledger.check(isExpected || !machine.isCalm, () => `an update met ${String(error)}`);
      },
    );
  },
  'close by hand': ({ machine: { process } }, life) => {
    const handle = process.handles.get(life.id);
    if (handle !== undefined) life.causes.add('deleted');
    handle?.close();
  },
  // Of its operator.
  evict: ({ machine }, life) => {
    const { process } = machine;
    life.causes.add('evicted');
    process.runtime.evict(life.id).then(
      (wasThere) => process.evicted(life, wasThere),
      (error: unknown) => machine.mayFail(error),
    );
  },
  'evict principal': ({ machine }, { user }) => {
    if (user === undefined) return;
    for (const each of machine.lives.values()) {
      if (each.user === user) each.causes.add('evicted');
    }
    const evicted = machine.process.runtime.evictPrincipal(user);
    evicted.catch((error: unknown) => machine.mayFail(error));
  },
  wake: ({ machine }, life) => {
    machine.process.runtime.wake(life.id).catch((error: unknown) => machine.mayFail(error));
  },
  damage: ({ machine: { faulty } }, life) => {
    if (faulty === undefined) return;
    faulty.damage(life.id);
    life.isDamaged = true;
  },
};

export function isOfOne(deed: Deed): deed is keyof typeof DEEDS {
  return deed in DEEDS;
}

/** What is not done to one session. */
export type OfNobody =
  | 'open'
  | 'open half'
  | 'elapse'
  | 'kill'
  | 'drain'
  | 'faults'
  | 'heal'
  | 'answer';
