import type { Server } from '@modelcontextprotocol/sdk/server/index.js';
import {
  completable,
  type ContentBlock,
  fromJsonSchema,
  McpServer,
  ResourceTemplate,
  type ServerContext,
} from '@modelcontextprotocol/server';
import type { Session } from 'mcp-actors';
import * as z from 'zod';
import type { Log } from '../../examples/everything/logging.ts';
import { allPrompts } from '../../examples/everything/prompts.ts';
import type { RequestExtra } from '../../examples/everything/request-extra.ts';
import { read, resources, resourceTemplates } from '../../examples/everything/resources.ts';
import type { EverythingState } from '../../examples/everything/state.ts';
import { allTools } from '../../examples/everything/tools/serve-tools.ts';
import { INPUT_PROMPTS, INPUT_TOOLS, roundOf } from './inputRounds.ts';
import { CAPABILITIES, INFO, outcomeOf } from './outcome.ts';

/**
 * The everything example as a high-level server of SDK v2.
 *
 * @param isNative it serves the stateless revision in its own way, and asks by results of its own
 */
export function createMcpServerV2(session: Session<EverythingState>, isNative: boolean): McpServer {
  const { supportedProtocolVersions: _listed, ...asInSession } = session.serverOptions;
  const options = isNative ? session.serverOptions : asInSession;
  const server = new McpServer(INFO, { ...options, capabilities: CAPABILITIES });
  // What the tools ask of the server, it has under the names of v1.
  const host = { server: server.server as unknown as Server, session, log };

  for (const tool of allTools) {
    const { name, description = name, inputSchema } = tool.listing;
    const asks = isNative ? INPUT_TOOLS[name] : undefined;
    const schema = fromJsonSchema(inputSchema as object);
    server.registerTool(name, { description, inputSchema: schema }, (args, context) =>
      asks === undefined
        ? outcomeOf(() => tool.run(args, { ...host, extra: extraOf(context) }))
        : roundOf(asks, context, (text) => ({ content: [{ type: 'text' as const, text }] })),
    );
  }
  for (const { name, uri, ...about } of resources) {
    server.registerResource(name, uri, about, () => read(uri));
  }
  for (const { name, uriTemplate, ...about } of resourceTemplates) {
    const template = new ResourceTemplate(uriTemplate, { list: undefined });
    server.registerResource(name, template, about, ({ href }) => read(href));
  }
  for (const prompt of allPrompts) {
    const { name, description = name, arguments: given = [] } = prompt.listing;
    const asks = isNative ? INPUT_PROMPTS[name] : undefined;
    const argument = completable(z.string(), (value) => [`${value}…`]);
    const argsSchema = z.object(Object.fromEntries(given.map((each) => [each.name, argument])));
    server.registerPrompt(name, { description, argsSchema }, async (args, context) =>
      asks === undefined
        ? messagesOf(await prompt.content(args))
        : roundOf(asks, context, (text) => messagesOf([{ type: 'text', text }])),
    );
  }
  return server;
}

function messagesOf(contents: readonly ContentBlock[]) {
  return { messages: contents.map((content) => ({ role: 'user' as const, content })) };
}

/** What a handler of v2 is given, under the names of v1. */
function extraOf({ mcpReq }: ServerContext): RequestExtra {
  const { _meta, id: requestId, notify: sendNotification, signal } = mcpReq;
  return { _meta, requestId, sendNotification, signal } as unknown as RequestExtra;
}

/** Whether a message is wanted, is known of each request. */
const log: Log = (extra, level, data) =>
  extra.sendNotification({ method: 'notifications/message', params: { level, data } });
