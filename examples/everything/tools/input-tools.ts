import {
  currentCall,
  elicit,
  type InputRequest,
  listRoots,
  requestInput,
  sample,
} from 'mcp-actors/modern';
import * as z from 'zod';
import { defineTool } from './define-tool.ts';
import { text } from './results.ts';

const none = z.object({});
const form = (properties: Readonly<Record<string, unknown>>) => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});
const nameForm = form({ name: { type: 'string', description: 'Your name' } });
const okForm = form({ ok: { type: 'boolean', description: 'Whether to go on' } });
const prompt = (words: string) =>
  sample({ messages: [{ role: 'user', content: { type: 'text', text: words } }], maxTokens: 100 });

const contentOf = (answer: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  (answer['content'] ?? {}) as Record<string, unknown>;

/**
 * Tools of the stateless revision. They ask and wait as any other tool does: what they ask goes out
 * as a result, and they are parked until the client comes back with the answers.
 */
export const inputTools = [
  defineTool({
    name: 'test_input_required_result_elicitation',
    description: 'Asks for a name, and greets.',
    input: none,
    async run() {
      const { user_name } = await requestInput({ user_name: elicit('Your name?', nameForm) });
      return text(`Hello, ${String(contentOf(user_name)['name'])}!`);
    },
  }),

  defineTool({
    name: 'test_input_required_result_sampling',
    description: "Asks the client's model for a capital.",
    input: none,
    async run() {
      const { capital } = await requestInput({ capital: prompt('What is the capital of France?') });
      return text(`The model said: ${String(contentOf(capital)['text'])}`);
    },
  }),

  defineTool({
    name: 'test_input_required_result_list_roots',
    description: 'Asks for the folders the client works in.',
    input: none,
    async run() {
      const { client_roots } = await requestInput({ client_roots: listRoots() });
      return text(JSON.stringify(client_roots['roots']));
    },
  }),

  defineTool({
    name: 'test_input_required_result_request_state',
    description: 'Asks for a confirmation, which comes back with the state of the call.',
    input: none,
    async run() {
      await requestInput({ confirm: elicit('Go on?', okForm) });
      return text('state-ok');
    },
  }),

  defineTool({
    name: 'test_input_required_result_multiple_inputs',
    description: 'Asks for three things at once.',
    input: none,
    async run() {
      const answers = await requestInput({
        user_name: elicit('Your name?', nameForm),
        greeting: prompt('Say hello.'),
        client_roots: listRoots(),
      });
      return text(JSON.stringify(answers));
    },
  }),

  defineTool({
    name: 'test_input_required_result_multi_round',
    description: 'Asks for one thing after the other.',
    input: none,
    async run() {
      const { step1 } = await requestInput({ step1: elicit('Your name?', nameForm) });
      const color = form({ color: { type: 'string', description: 'A color' } });
      const { step2 } = await requestInput({ step2: elicit('Your favorite color?', color) });
      return text(JSON.stringify([contentOf(step1), contentOf(step2)]));
    },
  }),

  defineTool({
    name: 'test_input_required_result_tampered_state',
    description: 'Asks for a confirmation, whose state nobody can forge.',
    input: none,
    async run() {
      await requestInput({ confirm: elicit('Go on?', okForm) });
      return text('The state was not tampered with.');
    },
  }),

  defineTool({
    name: 'test_input_required_result_capabilities',
    description: 'Asks only what the client declares that it can be asked.',
    input: none,
    async run() {
      const { clientCapabilities: can = {} } = currentCall();
      const answers = await requestInput<Readonly<Record<string, InputRequest>>>({
        ...(can['elicitation'] !== undefined && { name: elicit('Your name?', nameForm) }),
        ...(can['sampling'] !== undefined && { greeting: prompt('Say hello.') }),
        ...(can['roots'] !== undefined && { folders: listRoots() }),
      });
      return text(`Asked for ${Object.keys(answers).join(', ') || 'nothing'}.`);
    },
  }),

  defineTool({
    name: 'test_streaming_elicitation',
    description: 'Asks for a name in a call that may stream.',
    input: none,
    async run() {
      const { user_name } = await requestInput({ user_name: elicit('Your name?', nameForm) });
      return text(JSON.stringify(contentOf(user_name)));
    },
  }),

  defineTool({
    name: 'test_missing_capability',
    description: "Needs the client's model, and says so where there is none.",
    input: none,
    async run() {
      if (currentCall().clientCapabilities?.['sampling'] === undefined) {
        await requestInput({ greeting: prompt('Say hello.') });
      }
      return text('The client can be asked for a completion.');
    },
  }),

  defineTool({
    name: 'test_custom_header',
    description: 'Takes an argument that its callers repeat in a header.',
    input: z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }).optional() }),
    run: ({ region }) => text(`Region: ${region ?? 'none'}`),
  }),

  defineTool({
    name: 'test_logging_tool',
    description: 'Tries to log.',
    input: none,
    async run(_args, { log, extra }) {
      await log(extra, 'info', 'A log message');
      return text('Logged, where the client wants logs.');
    },
  }),

  defineTool({
    name: 'test_trigger_tool_change',
    description: 'Says that the list of tools has changed.',
    input: none,
    async run(_args, { server }) {
      await server.sendToolListChanged();
      return text('Said so.');
    },
  }),

  defineTool({
    name: 'test_trigger_prompt_change',
    description: 'Says that the list of prompts has changed.',
    input: none,
    async run(_args, { server }) {
      await server.sendPromptListChanged();
      return text('Said so.');
    },
  }),
];
