import { inputRequired, inputResponse, type ServerContext } from '@modelcontextprotocol/server';
import { elicit, type InputRequest, listRoots, sample } from 'mcp-actors/modern';

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

type Questions = Readonly<Record<string, InputRequest>>;
type Answers = Readonly<Record<string, unknown>>;

/** A tool or prompt that asks by results of its own, as the stateless revision has it. */
export interface Asks {
  /** What is asked, one round after the other. */
  readonly rounds: readonly ((capabilities: Answers) => Questions)[];
  /** Its state need not come back: all that it knows is in the answers. */
  readonly isForgetful?: boolean;
  readonly said: (answers: Answers) => string;
}

const form = (message: string, key: string): InputRequest =>
  elicit(message, { properties: { [key]: { type: 'string' } }, required: [key] });
const name = form('Your name?', 'name');
const confirm = elicit('Go on?', { properties: { ok: { type: 'boolean' } }, required: ['ok'] });
const greeting = sample({
  messages: [{ role: 'user', content: { type: 'text', text: 'Say hello.' } }],
  maxTokens: 100,
});
const once =
  (questions: Questions): Asks['rounds'][number] =>
  () =>
    questions;
const json = (answers: Answers): string => JSON.stringify(answers);

export const INPUT_TOOLS: Readonly<Record<string, Asks>> = {
  test_input_required_result_elicitation: {
    rounds: [once({ user_name: name })],
    isForgetful: true,
    said: ({ user_name }) => `Hello, ${(user_name as { name?: string }).name}!`,
  },
  test_input_required_result_sampling: {
    rounds: [once({ capital: greeting })],
    isForgetful: true,
    said: json,
  },
  test_input_required_result_list_roots: {
    rounds: [once({ client_roots: listRoots() })],
    isForgetful: true,
    said: json,
  },
  test_input_required_result_request_state: { rounds: [once({ confirm })], said: () => 'state-ok' },
  test_input_required_result_multiple_inputs: {
    rounds: [once({ user_name: name, greeting, client_roots: listRoots() })],
    said: json,
  },
  test_input_required_result_multi_round: {
    rounds: [once({ step1: name }), once({ step2: form('Your favorite color?', 'color') })],
    said: json,
  },
  test_input_required_result_tampered_state: { rounds: [once({ confirm })], said: json },
  test_input_required_result_capabilities: {
    rounds: [
      ({ elicitation, sampling, roots }) => ({
        ...(elicitation !== undefined && { name }),
        ...(sampling !== undefined && { greeting }),
        ...(roots !== undefined && { folders: listRoots() }),
      }),
    ],
    said: (answers) => `Asked for ${Object.keys(answers).join(', ') || 'nothing'}.`,
  },
  test_missing_capability: {
    rounds: [({ sampling }) => (sampling === undefined ? { greeting } : {})],
    said: () => 'The client can be asked for a completion.',
  },
};

export const INPUT_PROMPTS: Readonly<Record<string, Asks>> = {
  test_input_required_result_prompt: {
    rounds: [once({ user_context: form('What for?', 'context') })],
    said: json,
  },
};

/** One run of a handler that asks: its next round of questions, or what it comes to. */
export function roundOf<R>(
  { rounds, isForgetful, said }: Asks,
  context: ServerContext,
  end: (text: string) => R,
) {
  const { envelope, inputResponses, requestState } = context.mcpReq;
  const state = JSON.parse(requestState<string>() ?? '{"round":0,"answers":{}}') as {
    readonly round: number;
    readonly answers: Answers;
  };
  const declared = (envelope as Answers | undefined)?.[CAPABILITIES];
  const capabilities = (declared ?? {}) as Answers;
  const asked = Object.keys(rounds[state.round]?.(capabilities) ?? {});
  const found = asked.map((key) => [key, answerOf(inputResponses, key)] as const);
  const isWhole = found.every(([, answer]) => answer !== undefined);
  const answers = { ...state.answers, ...(isWhole && Object.fromEntries(found)) };
  const round = state.round + Number(isWhole);
  const next = rounds[round];
  if (next === undefined) return end(said(answers));
  return inputRequired({
    inputRequests: next(capabilities) as never,
    ...(isForgetful !== true && { requestState: JSON.stringify({ round, answers }) }),
  });
}

/** The answer under a key, where it is an answer and was not refused. */
function answerOf(responses: ServerContext['mcpReq']['inputResponses'], key: string): unknown {
  const view = inputResponse(responses, key);
  if (view.kind === 'missing') return undefined;
  return view.kind === 'elicit' ? view.action === 'accept' && view.content : view;
}
