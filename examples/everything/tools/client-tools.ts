import * as z from 'zod';
import { defineTool } from './define-tool.ts';
import { elicit } from './elicit.ts';
import { failure, text } from './results.ts';

/** Tools that ask the client something while it waits for their answer. */
export const clientTools = [
  defineTool({
    name: 'test_sampling',
    description: "Has the client's model answer a prompt.",
    input: z.object({ prompt: z.string().describe('What to ask the model') }),
    async run({ prompt }, { server, extra }) {
      if (!server.getClientCapabilities()?.sampling) {
        return failure('Client does not support sampling.');
      }
      const { content } = await server.createMessage(
        { messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens: 100 },
        { relatedRequestId: extra.requestId, signal: extra.signal },
      );
      return text(`LLM response: ${content.type === 'text' ? content.text : content.type}`);
    },
  }),

  defineTool({
    name: 'test_elicitation',
    description: 'Asks the user one question.',
    input: z.object({ message: z.string().describe('What to show the user') }),
    async run({ message }, context) {
      const { action, content } = await elicit(context, message, {
        response: { type: 'string', description: "The user's response" },
      });
      return text(`User response: action=${action}, content=${JSON.stringify(content ?? {})}`);
    },
  }),

  defineTool({
    name: 'test_elicitation_sep1034_defaults',
    description: 'Asks the user to check a form that comes filled in.',
    input: z.object({}),
    async run(_args, context) {
      const { action, content } = await elicit(context, 'Please check these values.', {
        name: { type: 'string', description: 'Name', default: 'John Doe' },
        age: { type: 'integer', description: 'Age', default: 30 },
        score: { type: 'number', description: 'Score', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', description: 'Verified', default: true },
      });
      return completed(action, content);
    },
  }),

  defineTool({
    name: 'test_elicitation_sep1330_enums',
    description: 'Asks the user to choose, in each of the five ways a choice can be written.',
    input: z.object({}),
    async run(_args, context) {
      const options = ['option1', 'option2', 'option3'];
      const titled = [
        { const: 'value1', title: 'First option' },
        { const: 'value2', title: 'Second option' },
        { const: 'value3', title: 'Third option' },
      ];
      const { action, content } = await elicit(context, 'Please choose.', {
        untitledSingle: { type: 'string', enum: options },
        titledSingle: { type: 'string', oneOf: titled },
        legacyEnum: {
          type: 'string',
          enum: ['opt1', 'opt2', 'opt3'],
          enumNames: ['Option one', 'Option two', 'Option three'],
        },
        untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
        titledMulti: { type: 'array', items: { anyOf: titled } },
      });
      return completed(action, content);
    },
  }),
];

function completed(action: string, content: object | undefined) {
  return text(`Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`);
}
