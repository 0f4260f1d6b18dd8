import {
  McpServer as McpServerV1,
  ResourceTemplate as TemplateV1,
} from '@modelcontextprotocol/sdk/server/mcp.js';
import { completable as completableV1 } from '@modelcontextprotocol/sdk/server/completable.js';
import { completable, McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import type { Session, SessionServer } from 'mcp-actors';
import { z } from 'zod';

const INFO = { name: 'fuzz', version: '1.0.0' };
const CAPABILITIES = { logging: {}, resources: { subscribe: true }, completions: {} };
const TEMPLATE = 'test://{name}/data';

const read = (uri: URL) => ({ contents: [{ uri: uri.href, text: 'text' }] });
const say = (text: string) => ({ content: [{ type: 'text' as const, text }] });
const prompt = (text: string) => ({
  messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }],
});

/** A server of the SDK v1 with something of everything, and nothing that waits. */
export function serverV1({ serverOptions }: Session): SessionServer {
  const server = new McpServerV1(INFO, { ...serverOptions, capabilities: CAPABILITIES });
  const inputSchema = { text: z.string() };
  server.registerTool('echo', { inputSchema }, ({ text }) => say(text));
  server.registerTool('fail', {}, () => {
    throw new Error('on purpose');
  });
  server.registerResource('static', 'test://static', {}, read);
  server.registerResource('template', new TemplateV1(TEMPLATE, { list: undefined }), {}, read);
  const name = completableV1(z.string(), (value) => [value, 'b']);
  server.registerPrompt('greet', { argsSchema: { name } }, (args) => prompt(args.name));
  return server;
}

/** The same of the SDK v2. */
export function serverV2({ serverOptions }: Session): SessionServer {
  const server = new McpServer(INFO, { ...serverOptions, capabilities: CAPABILITIES });
  const inputSchema = z.object({ text: z.string() });
  server.registerTool('echo', { inputSchema }, ({ text }) => say(text));
  server.registerTool('fail', {}, () => {
    throw new Error('on purpose');
  });
  server.registerResource('static', 'test://static', {}, read);
  server.registerResource(
    'template',
    new ResourceTemplate(TEMPLATE, { list: undefined }),
    {},
    read,
  );
  const name = completable(z.string(), (value) => [value, 'b']);
  server.registerPrompt('greet', { argsSchema: z.object({ name }) }, (args) => prompt(args.name));
  return server;
}
