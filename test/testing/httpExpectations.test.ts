import type { SessionExpectation, SessionState } from 'mcp-actors/testing';
import { describe, expect, it } from 'vitest';
import { HTTP_EXPECTATIONS } from '../../src/testing/http/httpExpectations.ts';
import { HttpRun } from '../../src/testing/http/httpRun.ts';
import { HTTP_STATES } from '../../src/testing/http/httpStates.ts';
import { Reply } from '../../src/testing/http/reply.ts';

const RESULT = { jsonrpc: '2.0', id: 7, result: { text: 'one' } };
const OTHER = { jsonrpc: '2.0', id: 8, result: { text: 'other' } };
const ERROR = { jsonrpc: '2.0', id: 7, error: { code: -32000, message: 'no' } };
const QUESTION = { jsonrpc: '2.0', id: 0, method: 'elicitation/create' };
const NOTICE = { jsonrpc: '2.0', method: 'notifications/message', params: { data: 'hear' } };

/** A response with messages: as JSON where it is whole, else as a stream that is open. */
function reply(status: number, messages: readonly object[], isOpen = false): Reply {
  const found = new Reply('POST test', 50, () => {});
  const type = isOpen ? 'text/event-stream' : 'application/json';
  found.begin(status, { 'content-type': type });
  if (isOpen) for (const each of messages) found.push(`data: ${JSON.stringify(each)}\n\n`);
  else found.push(JSON.stringify(messages.length === 1 ? messages[0] : messages));
  if (!isOpen) found.finish('ended by the server');
  return found;
}

/** What a run that saw this is told. */
async function verdict(
  check: (run: HttpRun) => void | Promise<void>,
  seen: Partial<HttpRun>,
): Promise<string> {
  // No request is sent: what would be asked of the server has been answered already.
  const run = new HttpRun({ url: 'http://127.0.0.1:1/', quick: { name: 'quick' }, timeoutMs: 50 });
  const stub = { mustBeThere: () => Promise.resolve(), mustBeOver: () => Promise.resolve() };
  try {
    await check(Object.assign(run, stub, { callId: 7 }, seen));
    return 'as expected';
  } catch (error) {
    return (error as Error).message;
  }
}

const pending = (...messages: object[]): Reply => reply(200, messages, true);
const whole = (status: number, ...messages: object[]): Reply => reply(status, messages);

describe('HTTP_EXPECTATIONS', () => {
  const rows: [SessionExpectation, string, Partial<HttpRun>, string | RegExp][] = [
    ['answered', 'a result', { replies: [whole(200, RESULT)] }, 'as expected'],
    ['answered', 'an error', { replies: [whole(200, ERROR)] }, /200 and one result/],
    ['answered', 'two results', { replies: [whole(200, RESULT, OTHER)] }, /200 and one result/],
    ['answered', 'nothing', { replies: [] }, /a response; saw none/],
    [
      'answered-by-one',
      'one text twice',
      { replies: [whole(200, RESULT), whole(200, RESULT)] },
      'as expected',
    ],
    [
      'answered-by-one',
      'two texts',
      { replies: [whole(200, RESULT), whole(200, OTHER)] },
      /one server instance; saw .*one.* and .*other/,
    ],
    ['pending', 'an open response', { call: pending(NOTICE) }, 'as expected'],
    ['pending', 'an answer', { call: pending(RESULT) }, /the call to be in flight/],
    ['pending', 'an end', { call: whole(202) }, /the call to be in flight/],
    ['finished', 'its answer', { replies: [whole(200, RESULT)] }, 'as expected'],
    ['finished', 'another answer', { replies: [whole(200, OTHER)] }, /the answer to 7/],
    ['withdrawn', 'an end', { replies: [whole(200)] }, 'as expected'],
    ['withdrawn', 'an answer', { replies: [whole(200, RESULT)] }, /no answer to a call/],
    ['asked', 'a question', { call: pending(QUESTION), question: QUESTION }, 'as expected'],
    [
      'asked',
      'one on each stream',
      { call: pending(QUESTION), stream: pending(QUESTION), question: QUESTION },
      /a question once; saw it 2 times/,
    ],
    ['ignored', 'a 202', { call: pending(), replies: [whole(202)] }, 'as expected'],
    [
      'ignored',
      'an answer to the call',
      { call: pending(RESULT), replies: [whole(202)] },
      /the call to be in flight/,
    ],
    [
      'ignored',
      'a 202 for another principal',
      { call: pending(), replies: [whole(202), whole(202)] },
      /404 and error -32001; saw 202/,
    ],
    ['streaming', 'a stream', { replies: [pending()] }, 'as expected'],
    ['streaming', 'JSON', { replies: [whole(200, RESULT)] }, /an event stream/],
    ['streaming', 'a conflict', { replies: [whole(409, ERROR)] }, /an event stream; saw 409/],
    ['told', 'it', { stream: pending(NOTICE), replies: [whole(200, RESULT)] }, 'as expected'],
    [
      'told',
      'it twice',
      { stream: pending(NOTICE, NOTICE), replies: [whole(200, RESULT)] },
      /it once, on the GET stream alone; saw 2 times/,
    ],
    [
      'told',
      'it beside the answer as well',
      { stream: pending(NOTICE), replies: [whole(200, NOTICE, RESULT)] },
      /it once, on the GET stream alone; saw 2 times/,
    ],
    [
      'told',
      'only what was there before',
      { stream: pending(NOTICE), heardBefore: 1, replies: [whole(200, RESULT)] },
      /on the GET stream; saw .* and no more in time/,
    ],
    ['refused', 'a 400', { replies: [whole(400, ERROR)] }, 'as expected'],
    ['refused', 'a 200', { replies: [whole(200, RESULT)] }, /expected 400; saw 200/],
    ['accepted', 'a 202', { replies: [whole(202)] }, 'as expected'],
    ['accepted', 'a 200', { replies: [whole(200, RESULT)] }, /expected 202; saw 200/],
    [
      'ends',
      'a 204, and its call over',
      { replies: [whole(204)], call: whole(200) },
      'as expected',
    ],
    ['ends', 'a 405', { replies: [whole(405, ERROR)] }, /200 or 202 or 204; saw 405/],
    ['ends', 'a call that goes on', { replies: [whole(204)], call: pending() }, /the end of the/],
    ['cut', 'a stream that goes on', { stream: pending() }, /the end of the response/],
  ];
  it.each(rows)('%s, where it sees %s', async (name, _, seen, said) => {
    expect(await verdict(HTTP_EXPECTATIONS[name], seen)).toMatch(said);
  });
});

describe('HTTP_STATES', () => {
  const rows: [SessionState, string, Partial<HttpRun>, string | RegExp][] = [
    ['none', 'no session', {}, 'as expected'],
    ['none', 'a session', { sessionId: 'abc' }, /no session; saw the session abc/],
    ['ready', 'no stream', {}, 'as expected'],
    ['ready', 'a stream', { stream: pending() }, /the GET stream to be closed/],
    ['listening', 'a stream', { stream: pending() }, 'as expected'],
    ['listening', 'a stream that ended', { stream: whole(200) }, /the GET stream to be open/],
    ['listening.resting', 'a stream that ended', { stream: whole(200) }, /stream to be open/],
    ['calling', 'a call', { call: pending() }, 'as expected'],
    ['calling', 'an answer', { call: pending(RESULT) }, /the call to be in flight/],
    ['asked', 'no call', {}, /the call to be in flight; saw no call/],
  ];
  it.each(rows)('%s, where it sees %s', async (name, _, seen, said) => {
    expect(await verdict(HTTP_STATES[name], seen)).toMatch(said);
  });
});
