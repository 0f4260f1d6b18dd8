import { sessionLocal } from 'mcp-actors';
import * as z from 'zod';
import { defineTool } from './define-tool.ts';
import { failure, text } from './results.ts';

// Declared like a module variable, yet each session finds its own set in it.
// Its name is where a durable store keeps it.
const remembered = sessionLocal(() => new Set<string>(), { name: 'remembered' });
const maxRemembered = 1000;

const anId = z.string().min(1).max(200);

/** Tools that live from what their session keeps. */
export const sessionTools = [
  defineTool({
    name: 'remember',
    description: 'Keeps an id for this session.',
    input: z.object({ id: anId.describe('The id to keep') }),
    run({ id }) {
      const ids = remembered.get();
      if (ids.size >= maxRemembered && !ids.has(id)) return failure('Too many ids are kept');
      ids.add(id);
      return text(`Remembered ${id}`);
    },
  }),

  defineTool({
    name: 'recall',
    description: 'Lists the ids kept by this session, as a JSON array.',
    input: z.object({}),
    run: () => text(JSON.stringify([...remembered.get()])),
  }),

  defineTool({
    name: 'forget',
    description: 'Forgets an id. Refused unless this very session remembered it.',
    input: z.object({ id: anId.describe('The id to forget') }),
    run: ({ id }) =>
      remembered.get().delete(id)
        ? text(`Forgot ${id}`)
        : failure(`${id} was not remembered by this session`),
  }),

  defineTool({
    name: 'counter',
    description: 'Adds to a number this session keeps, and tells it.',
    input: z.object({ by: z.int().default(1).describe('How much to add; 0 only reads') }),
    async run({ by }, { session }) {
      const { counter } = await session.update((state) => {
        state.counter += by;
      });
      return text(String(counter));
    },
  }),

  defineTool({
    name: 'whoami',
    description: 'Tells what the server knows of this session.',
    input: z.object({}),
    run: (_args, { session }) =>
      text(
        JSON.stringify({
          session: session.key,
          principal: session.principalKey,
          era: session.era,
          protocolVersion: session.protocolVersion,
          ageMs: session.ageMs,
          wakeCount: session.wakeCount,
          state: session.state,
        }),
      ),
  }),
];
