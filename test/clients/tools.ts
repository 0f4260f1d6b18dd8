import { setTimeout as pause } from 'node:timers/promises';
import { defineHandle } from 'mcp-actors';
import type { TaskMode } from 'mcp-actors/modern';
import * as z from 'zod';
import { defineTool } from '../../examples/everything/tools/define-tool.ts';
import { elicit } from '../../examples/everything/tools/elicit.ts';
import { text } from '../../examples/everything/tools/results.ts';
import { taskMode } from '../../examples/everything/tools/task-tools.ts';

const notebooks = defineHandle({
  name: 'notebook',
  state: () => ({ lines: [] as string[] }),
  open: () => undefined,
});
const notebook = notebooks.argument(z);

const calls = new Map<string, 'running' | 'stopped'>();
const token = z.string().max(100);

/** What clients are asked to do that the everything example has no tool for. */
export const clientsTools = [
  defineTool({
    name: 'create_notebook',
    description: 'Opens a notebook.',
    input: z.object({}),
    run: async () => text(await notebooks.create()),
  }),

  defineTool({
    name: 'write',
    description: 'Writes a line into a notebook, and reads all of them.',
    input: z.object({ notebook, line: z.string().max(100) }),
    run: ({ notebook: id, line }) =>
      notebooks.use(id, async (_, handle) => {
        const { lines } = await handle.update((state) => void state.lines.push(line));
        return text(lines.join(', '));
      }),
  }),

  defineTool({
    name: 'interview',
    description: 'Asks for a name, and then for a color.',
    input: z.object({}),
    async run(_args, context) {
      const name = await elicit(context, 'Your name?', { name: { type: 'string' } });
      const color = await elicit(context, 'Your color?', { color: { type: 'string' } });
      return text(JSON.stringify({ ...name.content, ...color.content }));
    },
  }),

  defineTool({
    name: 'greet_region',
    description: 'Greets a region, which its callers repeat in a header.',
    input: z.object({ region: z.string().max(100).meta({ 'x-mcp-header': 'Region' }) }),
    run: ({ region }) => text(`Hello, ${region}!`),
  }),

  defineTool({
    name: 'run_until_stopped',
    description: 'Runs until it is cancelled.',
    input: z.object({ token }),
    async run({ token: name }, { extra }) {
      calls.set(name, 'running');
      await new Promise((stopped) => extra.signal.addEventListener('abort', stopped));
      calls.set(name, 'stopped');
      return text('Stopped');
    },
  }),

  defineTool({
    name: 'tell_of_run',
    description: 'Tells whether a call of run_until_stopped is running, or was stopped.',
    input: z.object({ token }),
    run: ({ token: name }) => text(calls.get(name) ?? 'unknown'),
  }),

  defineTool({
    name: 'archive',
    description: 'Archives something, which takes a while.',
    input: z.object({}),
    async run(_args, { extra }) {
      await pause(500, undefined, { signal: extra.signal });
      return text('Archived');
    },
  }),

  // A list as long as that of servers with much to offer: 53 tools, in the stateless revision.
  ...Array.from({ length: 3 }, (_, at) =>
    defineTool({
      name: `describe_color_${at + 1}`,
      description: 'Describes a color.',
      input: z.object({
        color: z.object({ red: z.int(), green: z.int(), blue: z.int() }),
        alpha: z.number().min(0).max(1).default(1),
        words: z.array(z.enum(['hue', 'shade', 'tint'])).optional(),
      }),
      run: ({ color, alpha }) => text(JSON.stringify([...Object.values(color), alpha])),
    }),
  ),
];

/** `archive` is for clients that know tasks, where there are no sessions. */
export function clientsTaskMode(tool: string): TaskMode {
  return tool === 'archive' ? 'required' : taskMode(tool);
}
