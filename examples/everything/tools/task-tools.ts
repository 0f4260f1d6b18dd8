import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js';
import type { TaskMode } from 'mcp-actors/modern';
import { elicit as form, requestInput } from 'mcp-actors/modern';
import { setTimeout as wait } from 'node:timers/promises';
import * as z from 'zod';
import { defineTool } from './define-tool.ts';
import { elicit } from './elicit.ts';
import { failure, text } from './results.ts';

/** When calls of these tools become tasks, for clients that know tasks. */
export function taskMode(tool: string): TaskMode {
  if (tool === 'failing_job') return 'required';
  return ['slow_compute', 'protocol_error_job', 'confirm_delete', 'multi_input'].includes(tool)
    ? 'task'
    : 'auto';
}

/** Tools that last: nothing in them knows that a call of theirs may become a task. */
export const taskTools = [
  defineTool({
    name: 'greet',
    description: 'Greets at once.',
    input: z.object({ name: z.string() }),
    run: ({ name }) => text(`Hello, ${name}!`),
  }),

  defineTool({
    name: 'slow_compute',
    description: 'Computes for a while. Can be cancelled.',
    input: z.object({
      seconds: z.number().min(0).max(60).default(0),
      label: z.string().optional(),
    }),
    async run({ seconds, label }, { extra }) {
      await wait(seconds * 1000, undefined, { signal: extra.signal });
      return text(`Computed ${label ?? 'something'}`);
    },
  }),

  defineTool({
    name: 'failing_job',
    description: 'Fails after a second, and tells the model so.',
    input: z.object({}),
    async run(_args, { extra }) {
      await wait(1000, undefined, { signal: extra.signal });
      return failure('The job failed on purpose');
    },
  }),

  defineTool({
    name: 'protocol_error_job',
    description: 'Fails in a way that is no matter of the model.',
    input: z.object({}),
    async run() {
      await wait(100);
      throw new McpError(ErrorCode.InternalError, 'The job broke on purpose');
    },
  }),

  defineTool({
    name: 'confirm_delete',
    description: 'Deletes nothing, once the user has agreed.',
    input: z.object({ filename: z.string().default('file.txt') }),
    async run(_args, context) {
      const { action } = await elicit(context, 'Delete the file?', {
        confirm: { type: 'boolean' },
      });
      return text(action === 'accept' ? 'Deleted' : 'Kept');
    },
  }),

  defineTool({
    name: 'multi_input',
    description: 'Asks the user two things at once.',
    input: z.object({}),
    async run(_args, context) {
      const answers = await Promise.all([
        elicit(context, 'First?', { name: { type: 'string' } }),
        elicit(context, 'Second?', { name: { type: 'string' } }),
      ]);
      return text(JSON.stringify(answers.map(({ content }) => content)));
    },
  }),

  defineTool({
    name: 'test_tool_with_task',
    description: 'Asks for a name, and then takes a while to greet.',
    input: z.object({}),
    async run(_args, { extra }) {
      const schema = { type: 'object', properties: { name: { type: 'string' } } };
      const { user_name } = await requestInput({ user_name: form('Your name?', schema) });
      await wait(600, undefined, { signal: extra.signal });
      const { name } = (user_name['content'] ?? {}) as { name?: string };
      return text(`Hello, ${name ?? 'stranger'}!`);
    },
  }),
];
