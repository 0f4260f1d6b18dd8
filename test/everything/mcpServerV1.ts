import { completable } from '@modelcontextprotocol/sdk/server/completable.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Session } from 'mcp-actors';
import * as z from 'zod';
import { serveLogging } from '../../examples/everything/logging.ts';
import { allPrompts } from '../../examples/everything/prompts.ts';
import { read, resources, resourceTemplates } from '../../examples/everything/resources.ts';
import type { EverythingState } from '../../examples/everything/state.ts';
import { allTools } from '../../examples/everything/tools/serve-tools.ts';
import { CAPABILITIES, INFO, outcomeOf } from './outcome.ts';

/** The everything example as a high-level server of SDK v1. */
export function createMcpServerV1(session: Session<EverythingState>): McpServer {
  const capabilities = CAPABILITIES;
  const server = new McpServer(INFO, { ...session.serverOptions, capabilities });
  const log = serveLogging(server.server);
  const host = { server: server.server, session, log };

  for (const tool of allTools) {
    const { name, description = name, inputSchema } = tool.listing;
    // Listed word for word: what zod says of a schema's meta it puts over its own.
    const schema = z.looseObject({}).meta(inputSchema);
    server.registerTool(name, { description, inputSchema: schema }, (args, extra) =>
      outcomeOf(() => tool.run(args, { ...host, extra })),
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
    const argument = completable(z.string(), (value) => [`${value}…`]);
    const argsSchema = Object.fromEntries(given.map((each) => [each.name, argument]));
    server.registerPrompt(name, { description, argsSchema }, async (args) => ({
      messages: (await prompt.content(args)).map((each) => ({ role: 'user', content: each })),
    }));
  }
  return server;
}
