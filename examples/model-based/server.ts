// Our own server, with a tool for each thing the model wants to see.
import { type EventEmitter, once } from 'node:events';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { type CallToolResult, ElicitResultSchema } from '@modelcontextprotocol/sdk/types.js';
import type { Session } from 'mcp-actors';

let built = 0;
const say = (text: string): CallToolResult => ({ content: [{ type: 'text', text }] });

export function probedServer(session: Session, gate: EventEmitter): McpServer {
  const options = { ...session.serverOptions, capabilities: { logging: {} } };
  const server = new McpServer({ name: 'ours', version: '1.0.0' }, options);
  const instance = ++built;
  server.registerTool('quick', {}, () => say('done'));
  server.registerTool('instance', {}, () => say(`server ${instance}`));
  server.registerTool('slow', {}, async ({ signal }) => {
    gate.emit('begun');
    await once(gate, 'finish', { signal });
    return say('done');
  });
  server.registerTool('notice', {}, async () => {
    await server.sendLoggingMessage({ level: 'info', data: 'hear, hear' });
    return say('done');
  });
  server.registerTool('ask', {}, async ({ sendRequest }) => {
    const requestedSchema = { type: 'object' as const, properties: {} };
    const params = { mode: 'form' as const, message: 'Well?', requestedSchema };
    const { action } = await sendRequest(
      { method: 'elicitation/create', params },
      ElicitResultSchema,
    );
    return say(action);
  });
  return server;
}
