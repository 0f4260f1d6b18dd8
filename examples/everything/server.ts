import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import type { Session } from 'mcp-actors';
import { serveCompletions } from './completions.ts';
import { serveLogging } from './logging.ts';
import { servePrompts } from './prompts.ts';
import { serveResources } from './resources.ts';
import type { EverythingState } from './state.ts';
import { everyTool, serveTools } from './tools/serve-tools.ts';

/**
 * One server for one session, with every feature of the session revisions.
 *
 * The low-level `Server` is used on purpose: its handlers read shared, constant tables, so a new
 * session registers nothing, lists come in the order written here, and a JSON Schema is listed
 * exactly as it was written. `McpServer` works just as well, see the other examples.
 */
export function createEverythingServer(
  session: Session<EverythingState>,
  tools = everyTool,
): Server {
  const server = new Server(
    { name: 'everything', title: 'Everything', version: '1.0.0' },
    {
      ...session.serverOptions,
      instructions: 'Shows every feature of the protocol. Start with the echo tool.',
      capabilities: {
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { subscribe: true, listChanged: true },
        logging: {},
        completions: {},
      },
    },
  );
  const log = serveLogging(server);
  serveTools({ server, session, log }, tools);
  serveResources(server, session);
  servePrompts(server, session);
  serveCompletions(server);
  return server;
}
