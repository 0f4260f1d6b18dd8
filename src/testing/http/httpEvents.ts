import { ActorsError } from '../../base/errors.ts';
import { Mismatch } from '../mismatch.ts';
import type { SessionStimulus } from '../sessionModel.ts';
import type { HttpRun } from './httpRun.ts';
import type { Reply } from './reply.ts';

type Executor = (run: HttpRun) => void | Promise<void>;

const UNKNOWN = 'mcp-actors-testing-unknown-session-id';

/** How each event of the session model is caused over Streamable HTTP. */
export const HTTP_EVENTS: Readonly<Record<SessionStimulus, Executor>> = {
  initialize: (run) => open(run),
  'initialize.again': (run) => open(run),

  'initialize.claimed': (run) => {
    run.usedIds.add(UNKNOWN);
    return open(run, { 'mcp-session-id': UNKNOWN });
  },

  initialized: (run) => see(run, run.notify('notifications/initialized')),
  ping: (run) => see(run, run.request('ping')),
  call: (run) => see(run, run.callTool(run.options.quick)),

  'call.pair': (run) => {
    const tool = given(run.options.instance, 'instance');
    return see(run, run.callTool(tool), run.callTool(tool));
  },

  'call.begin': async (run) => {
    const { begun, ...tool } = given(run.options.slow, 'slow');
    run.call = run.callTool(tool);
    run.callId = run.lastId;
    if (begun !== undefined) await begun();
    else
      await run.call.until('the call to say that it runs', ({ messages }) => messages.length > 0);
  },

  'call.finish': async (run) => {
    await given(run.options.slow, 'slow').finish();
    run.replies = [await callOf(run).whole()];
  },

  'call.cancel': async (run) => {
    const requestId = run.callId;
    await accepted(run.notify('notifications/cancelled', { requestId, reason: 'test' }));
    run.replies = [await callOf(run).whole()];
    // A handler that does not listen for a cancel goes on by itself.
    if (run.question === undefined) await run.options.slow?.finish();
  },

  'question.raise': async (run) => {
    run.call = run.callTool(given(run.options.ask, 'ask'));
    run.callId = run.lastId;
    const isAsked = (): boolean => (run.question = run.questions.at(-1)) !== undefined;
    // The question may come on either response.
    const ways = [run.call, ...(run.stream === undefined ? [] : [run.stream])];
    const asked = ways.map((reply) => reply.until('a question', isAsked));
    await Promise.any(asked).catch((error: unknown) => {
      throw error instanceof AggregateError ? error.errors[0] : error;
    });
  },

  'question.answer': async (run) => {
    const { answer = { action: 'accept', content: {} } } = given(run.options.ask, 'ask');
    await accepted(run.post({ jsonrpc: '2.0', id: run.question?.id, result: answer }));
    run.replies = [await callOf(run).whole()];
  },

  'question.usurp': async (run) => {
    const message = { jsonrpc: '2.0', id: run.question?.id, result: { action: 'decline' } };
    const own = run.sessionId;
    const { foreign } = run.options;
    // A second session answers; with foreign credentials, it answers in the first one too.
    const session = await run.another();
    const theirs = { ...foreign, 'mcp-session-id': session };
    run.replies = [await run.post(message, theirs).whole()];
    if (foreign !== undefined) {
      const reply = run.post(message, { ...foreign, 'mcp-session-id': own });
      run.replies = [...run.replies, await reply.whole()];
    }
    await run.delete(theirs).whole();
  },

  'stream.open': async (run) => {
    const reply = await run.get().head();
    if (reply.status === 200) run.stream = reply;
    run.replies = [reply];
  },

  'stream.close': async (run) => {
    run.stream?.leave();
    run.stream = undefined;
    await run.passBy();
  },

  notice: (run) => {
    run.heardBefore = run.stream?.messages.length ?? 0;
    return see(run, run.callTool(given(run.options.notice, 'notice')));
  },

  'id.missing': (run) => see(run, run.request('ping', {}, { 'mcp-session-id': undefined })),
  'id.unknown': (run) => seeAll(run, { 'mcp-session-id': UNKNOWN }),
  'id.foreign': (run) => seeAll(run, given(run.options.foreign, 'foreign')),

  'session.delete': (run) => see(run, run.delete()),

  'session.evict': async (run) => {
    run.replies = [];
    await given(run.options.evict, 'evict')(run.sessionId ?? '');
  },

  'time.rest': (run) => pass(run, 'restMs'),
  'time.expire': (run) => pass(run, 'expireMs'),
};

/** Initializes, and goes on with the session that was opened. */
async function open(run: HttpRun, headers?: Readonly<Record<string, string>>): Promise<void> {
  const reply = await run.initialize(headers).whole();
  run.replies = [reply];
  if (reply.status !== 200) return;
  if (run.sessionId !== undefined) run.usedIds.add(run.sessionId);
  run.sessionId = reply.header('mcp-session-id');
  run.forget();
}

async function pass(run: HttpRun, span: 'restMs' | 'expireMs'): Promise<void> {
  const time = given(run.options.time, 'time');
  await time.advance(time[span]);
}

async function see(run: HttpRun, ...replies: Reply[]): Promise<void> {
  run.replies = await Promise.all(replies.map((reply) => reply.whole()));
}

/** Asks with POST, GET and DELETE. */
async function seeAll(run: HttpRun, headers: Readonly<Record<string, string>>): Promise<void> {
  const post = await run.request('ping', {}, headers).whole();
  // A stream that should not have been opened does not end by itself.
  const get = await run.get(headers).head();
  if (get.isStream) get.leave();
  run.replies = [post, await get.whole(), await run.delete(headers).whole()];
}

async function accepted(reply: Reply): Promise<void> {
  const { status } = await reply.whole();
  if (status !== 202) throw new Mismatch('202', reply.describe());
}

function callOf({ call }: HttpRun): Reply {
  if (call === undefined) throw new Mismatch('a call in flight', 'none');
  return call;
}

function given<T>(option: T | undefined, name: string): T {
  if (option === undefined) throw new ActorsError('bad-option', `httpDriver: ${name} is not given`);
  return option;
}
