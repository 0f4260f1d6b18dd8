import { Mismatch } from '../mismatch.ts';
import type { SessionExpectation } from '../sessionModel.ts';
import type { HttpRun } from './httpRun.ts';
import type { Reply } from './reply.ts';

/** Throws a {@link Mismatch} where a run is not as it must be. */
export type Assertion = (run: HttpRun) => void | Promise<void>;

const VISIBLE_ASCII = /^[\x21-\x7e]+$/;
const NOT_FOUND = -32001;

/** What each expectation of the session model is on the wire. */
export const HTTP_EXPECTATIONS: Readonly<Record<SessionExpectation, Assertion>> = {
  opens(run) {
    const reply = only(run);
    mustAnswer(reply);
    const id = reply.header('mcp-session-id');
    if (id === undefined || !VISIBLE_ASCII.test(id)) {
      throw new Mismatch('an Mcp-Session-Id of visible ASCII', id ?? 'none');
    }
    if (run.usedIds.has(id)) {
      throw new Mismatch("an id of the server's own making", `the id its client came with: ${id}`);
    }
  },

  accepted: (run) => mustBe(only(run), [202]),
  answered: (run) => mustAnswer(only(run)),

  'answered-by-one'(run) {
    const texts = run.replies.map((reply) => {
      mustAnswer(reply);
      return JSON.stringify(reply.answers[0]?.result);
    });
    if (new Set(texts).size === 1) return;
    throw new Mismatch('both calls answered by one server instance', texts.join(' and '));
  },

  pending: mustBePending,

  finished(run) {
    const reply = only(run);
    mustAnswer(reply);
    const { id } = reply.answers[0] ?? {};
    if (id !== run.callId) throw new Mismatch(`the answer to ${run.callId}`, reply.describe());
    run.forgetCall();
  },

  withdrawn(run) {
    const reply = only(run);
    if (reply.answers.length > 0) {
      throw new Mismatch('no answer to a call that was cancelled', reply.describe());
    }
    run.forgetCall();
  },

  asked(run) {
    mustBePending(run);
    const copies = run.questions.filter(({ id }) => id === run.question?.id);
    if (copies.length > 1) throw new Mismatch('a question once', `it ${copies.length} times`);
  },

  async ignored(run) {
    const [own, theirs] = run.replies;
    if (own?.status === 200 && own.answers.length > 0) throw new Mismatch('202', own.describe());
    if (theirs !== undefined) mustBeUnknown(theirs);
    // By the time the ping is answered, a usurped answer would have got to the handler.
    await run.mustBeThere();
    mustBePending(run);
  },

  streaming(run) {
    const reply = only(run);
    if (reply.status === 200 && reply.isStream && reply.isOpen) return;
    throw new Mismatch('200 and an event stream', reply.describe());
  },

  async told(run) {
    mustAnswer(only(run));
    const { stream } = run;
    const isNew = (): boolean => heard(run).length > 0;
    await stream?.until('what the server says of itself, on the GET stream', isNew);
    const texts = heard(run).map((message) => JSON.stringify(message));
    const elsewhere = only(run).messages.length - only(run).answers.length;
    if (new Set(texts).size === texts.length && elsewhere === 0) return;
    throw new Mismatch('it once, on the GET stream alone', `${texts.length + elsewhere} times`);
  },

  refused: (run) => mustBe(only(run), [400]),

  unknown(run) {
    for (const reply of run.replies) mustBeUnknown(reply);
  },

  async ends(run) {
    mustBe(only(run), [200, 202, 204]);
    await mustBeOver(run);
  },

  cut: mustBeOver,
  nothing() {},
};

/** Checks that the call is in flight: its response has no answer in it, and is not over. */
export function mustBePending(run: HttpRun): void {
  const { call } = run;
  if (call !== undefined && call.isOpen && call.answers.length === 0) return;
  throw new Mismatch('the call to be in flight', call?.describe() ?? 'no call');
}

function only({ replies }: HttpRun): Reply {
  const [reply] = replies;
  if (reply === undefined) throw new Mismatch('a response', 'none');
  return reply;
}

function mustBe(reply: Reply, statuses: readonly number[]): void {
  if (statuses.includes(reply.status ?? 0)) return;
  throw new Mismatch(statuses.join(' or '), reply.describe());
}

function mustAnswer(reply: Reply): void {
  const [answer, ...more] = reply.answers;
  const isAnswered = answer?.result !== undefined && more.length === 0;
  if (reply.status !== 200 || !isAnswered)
    throw new Mismatch('200 and one result', reply.describe());
}

function mustBeUnknown(reply: Reply): void {
  // A verb that the server does not have at all gives nothing away.
  if (reply.status === 405 && !reply.to.startsWith('POST')) return;
  const code = reply.status === 404 ? reply.answers[0]?.error?.code : undefined;
  // Not every server answers a GET or a DELETE in JSON-RPC.
  if (reply.status === 404 && (code === NOT_FOUND || !reply.to.startsWith('POST'))) return;
  throw new Mismatch(`404 and error ${NOT_FOUND}`, reply.describe());
}

/** Checks that the session takes no message any more, and that every open response ends. */
async function mustBeOver(run: HttpRun): Promise<void> {
  await run.mustBeOver();
  const waiting = [run.call, run.stream].filter((reply) => reply?.isOpen === true);
  if (waiting.length > 0) await run.settle();
  for (const reply of waiting) await reply?.whole();
  run.forget();
}

/** Notifications that came on the GET stream since the last event. */
function heard({ stream, heardBefore }: HttpRun): unknown[] {
  return (stream?.messages ?? [])
    .slice(heardBefore)
    .filter(({ method, id }) => method !== undefined && id === undefined);
}
