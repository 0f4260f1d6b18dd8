import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  McpError,
  ReadResourceRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
  type ReadResourceResult,
} from '@modelcontextprotocol/sdk/types.js';
import type { Session } from 'mcp-actors';
import { media } from './media.ts';
import type { EverythingState } from './state.ts';
import { WatchedResource } from './watched-resource.ts';

export const resources = [
  {
    uri: 'test://static-text',
    name: 'static-text',
    description: 'A text that never changes.',
    mimeType: 'text/plain',
  },
  {
    uri: 'test://static-binary',
    name: 'static-binary',
    description: 'An image that never changes.',
    mimeType: 'image/png',
  },
  WatchedResource.listing,
];

export const resourceTemplates = [
  {
    uriTemplate: 'test://template/{id}/data',
    name: 'template',
    description: 'Data made from the id in the address.',
    mimeType: 'application/json',
  },
];
const templatePattern = /^test:\/\/template\/([^/]{1,200})\/data$/;

/** Answers everything about resources for one session. */
export function serveResources(server: Server, session: Session<EverythingState>): void {
  const watched = new WatchedResource(session);

  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) =>
    uri === watched.uri ? watched.read() : read(uri),
  );

  server.setRequestHandler(SubscribeRequestSchema, async ({ params: { uri } }, extra) => {
    if (uri === watched.uri) await watched.subscribe(extra);
    else read(uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params: { uri } }) => {
    if (uri === watched.uri) watched.unsubscribe();
    return {};
  });
}

/** @throws McpError where there is no such resource */
export function read(uri: string): ReadResourceResult {
  switch (uri) {
    case 'test://static-text': {
      const text = 'This is the content of the static text resource.';
      return { contents: [{ uri, mimeType: 'text/plain', text }] };
    }
    case 'test://static-binary':
      return { contents: [{ uri, mimeType: 'image/png', blob: media.png }] };
    default:
      return readTemplate(uri);
  }
}

function readTemplate(uri: string): ReadResourceResult {
  const id = templatePattern.exec(uri)?.[1];
  if (id === undefined) throw notFound(uri);
  const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
  return { contents: [{ uri, mimeType: 'application/json', text }] };
}

function notFound(uri: string): McpError {
  // -32002 is the code of the session revisions. The address goes back only when it is short.
  return new McpError(-32002, 'Resource not found', uri.length <= 1000 ? { uri } : undefined);
}
