/** A server on the stdio of its own process. Says on stderr what its test waits for. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { createRuntime } from 'mcp-actors';
import { serveStdio } from 'mcp-actors/stdio';

const modes = new Set(process.argv.slice(2));
const tell = (text: string): void => void process.stderr.write(`${text}\n`);

const runtime = createRuntime<unknown>({
  server(session) {
    const server = new McpServer({ name: 'stdio', version: '1.0.0' }, session.serverOptions);
    session.own(() => tell('released'));
    server.registerTool('hang', {}, () => {
      tell('hanging');
      return new Promise(() => {});
    });
    server.registerTool('stray', {}, () => {
      void Promise.reject(new Error('stray'));
      return new Promise(() => {});
    });
    server.registerTool('throw', {}, () => {
      setTimeout(() => {
        throw new Error('thrown');
      });
      return new Promise(() => {});
    });
    return server;
  },
});

if (modes.has('busy')) setInterval(() => {}, 1000);
// In a later turn: every listener of the signal has run by then.
if (modes.has('notes-signals')) process.once('SIGTERM', () => setImmediate(tell, 'noted'));
if (modes.has('handles-signals')) {
  process.on('SIGTERM', () => {
    tell('handled');
    process.exitCode = 7;
  });
}
const { closed } = serveStdio(runtime);
tell(`closed: ${await closed}`);
