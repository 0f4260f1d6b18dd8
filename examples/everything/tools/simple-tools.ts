import * as z from 'zod';
import { defineTool } from './define-tool.ts';
import { failure, text } from './results.ts';

/** Tools that only compute. */
export const simpleTools = [
  defineTool({
    name: 'echo',
    description: 'Says back what it was told.',
    input: z.object({ message: z.string().describe('What to say back') }),
    run: ({ message }) => text(`Echo: ${message}`),
  }),

  defineTool({
    name: 'add',
    description: 'Adds two numbers.',
    input: z.object({ a: z.number(), b: z.number() }),
    run: ({ a, b }) => text(`The sum of ${a} and ${b} is ${a + b}.`),
  }),

  defineTool({
    name: 'test_simple_text',
    description: 'Answers with one fixed sentence.',
    input: z.object({}),
    run: () => text('This is a simple text response for testing.'),
  }),

  defineTool({
    name: 'test_error_handling',
    description: 'Always fails, as a tool fails: with a result the model can read.',
    input: z.object({}),
    run: () => failure('This tool intentionally returns an error for testing'),
  }),
];
