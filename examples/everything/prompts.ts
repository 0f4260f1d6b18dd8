import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  McpError,
  type Prompt,
  type PromptMessage,
} from '@modelcontextprotocol/sdk/types.js';
import type { Session } from 'mcp-actors';
import { elicit, requestInput } from 'mcp-actors/modern';
import { media } from './media.ts';

type Content = PromptMessage['content'];

interface PromptDefinition {
  readonly listing: Prompt;
  content(args: Readonly<Record<string, string>>): Content[] | Promise<Content[]>;
}

const text = (value: string): Content => ({ type: 'text', text: value });

const prompts: readonly PromptDefinition[] = [
  {
    listing: { name: 'test_simple_prompt', description: 'A prompt without arguments.' },
    content: () => [text('This is a simple prompt for testing.')],
  },
  {
    listing: {
      name: 'test_prompt_with_arguments',
      description: 'A prompt that repeats its two arguments.',
      arguments: [
        { name: 'arg1', description: 'First test argument', required: true },
        { name: 'arg2', description: 'Second test argument', required: true },
      ],
    },
    content: ({ arg1, arg2 }) => [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
  },
  {
    listing: {
      name: 'test_prompt_with_embedded_resource',
      description: 'A prompt that carries a resource.',
      arguments: [
        { name: 'resourceUri', description: 'URI of the resource to embed', required: true },
      ],
    },
    content: ({ resourceUri: uri = '' }) => [
      {
        type: 'resource',
        resource: { uri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
      },
      text('Please process the embedded resource above.'),
    ],
  },
  {
    listing: { name: 'test_prompt_with_image', description: 'A prompt that carries an image.' },
    content: () => [
      { type: 'image', data: media.png, mimeType: 'image/png' },
      text('Please analyze the image above.'),
    ],
  },
];
/** Prompts of the stateless revision. */
const inputPrompts: readonly PromptDefinition[] = [
  {
    listing: {
      name: 'test_input_required_result_prompt',
      description: 'A prompt that first asks what it is about.',
    },
    async content() {
      const schema = { type: 'object', properties: { context: { type: 'string' } } };
      const { user_context } = await requestInput({ user_context: elicit('What for?', schema) });
      return [text(`Consider this: ${JSON.stringify(user_context['content'])}`)];
    },
  },
];
/** The prompts of all revisions. */
export const allPrompts = [...prompts, ...inputPrompts];
const promptsByName: ReadonlyMap<string, PromptDefinition> = new Map(
  allPrompts.map((prompt) => [prompt.listing.name, prompt]),
);
const listing = { prompts: prompts.map((prompt) => prompt.listing) };
const statelessListing = { prompts: allPrompts.map((prompt) => prompt.listing) };

/** Answers `prompts/list` and `prompts/get`. */
export function servePrompts(server: Server, { era }: Pick<Session, 'era'>): void {
  server.setRequestHandler(ListPromptsRequestSchema, () =>
    era === 'modern' ? statelessListing : listing,
  );

  server.setRequestHandler(GetPromptRequestSchema, async ({ params }) => {
    const prompt = promptsByName.get(params.name);
    if (prompt === undefined) throw new McpError(ErrorCode.InvalidParams, 'Unknown prompt');
    const args = params.arguments ?? {};
    const missing = prompt.listing.arguments?.find(
      ({ name, required }) => required && !Object.hasOwn(args, name),
    );
    if (missing) throw new McpError(ErrorCode.InvalidParams, `Argument ${missing.name} is missing`);
    const contents = await prompt.content(args);
    return { messages: contents.map((content) => ({ role: 'user' as const, content })) };
  });
}
