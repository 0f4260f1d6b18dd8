import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  CompleteRequestSchema,
  ErrorCode,
  McpError,
  type CompleteRequest,
} from '@modelcontextprotocol/sdk/types.js';

type Suggestions = ReadonlyMap<string, readonly string[]>;

const forPrompts: ReadonlyMap<string, Suggestions> = new Map([
  ['test_simple_prompt', new Map()],
  [
    'test_prompt_with_arguments',
    new Map([
      ['arg1', ['paris', 'park', 'party', 'test1', 'test2']],
      ['arg2', ['large', 'medium', 'small']],
    ]),
  ],
  [
    'test_prompt_with_embedded_resource',
    new Map([['resourceUri', ['test://static-text', 'test://watched-resource']]]),
  ],
  ['test_prompt_with_image', new Map()],
]);

const forTemplates: ReadonlyMap<string, Suggestions> = new Map([
  ['test://template/{id}/data', new Map([['id', ['1', '12', '123', '2', '3']]])],
]);

/** Answers `completion/complete` for the arguments of prompts and the variables of templates. */
export function serveCompletions(server: Server): void {
  server.setRequestHandler(CompleteRequestSchema, ({ params: { ref, argument } }) => {
    const suggestions = suggestionsFor(ref);
    if (suggestions === undefined) throw new McpError(ErrorCode.InvalidParams, 'Unknown reference');
    const values = (suggestions.get(argument.name) ?? []).filter((value) =>
      value.startsWith(argument.value),
    );
    return { completion: { values, total: values.length, hasMore: false } };
  });
}

function suggestionsFor(ref: CompleteRequest['params']['ref']): Suggestions | undefined {
  return ref.type === 'ref/prompt' ? forPrompts.get(ref.name) : forTemplates.get(ref.uri);
}
