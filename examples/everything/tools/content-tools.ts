import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import { media } from '../media.ts';
import { defineTool } from './define-tool.ts';

const image = { type: 'image', data: media.png, mimeType: 'image/png' } as const;

/** Tools that answer with something other than text. */
export const contentTools = [
  constantTool('test_image_content', 'Answers with an image.', [image]),

  constantTool('test_audio_content', 'Answers with a sound.', [
    { type: 'audio', data: media.wav, mimeType: 'audio/wav' },
  ]),

  constantTool('test_embedded_resource', 'Answers with a resource inside the result.', [
    {
      type: 'resource',
      resource: {
        uri: 'test://embedded-resource',
        mimeType: 'text/plain',
        text: 'This is an embedded resource content.',
      },
    },
  ]),

  constantTool('test_multiple_content_types', 'Answers with text, an image and a resource.', [
    { type: 'text', text: 'Multiple content types test:' },
    image,
    {
      type: 'resource',
      resource: {
        uri: 'test://mixed-content-resource',
        mimeType: 'application/json',
        text: JSON.stringify({ test: 'data', value: 123 }),
      },
    },
  ]),
];

function constantTool(name: string, description: string, content: CallToolResult['content']) {
  return defineTool({ name, description, input: z.object({}), run: () => ({ content }) });
}
