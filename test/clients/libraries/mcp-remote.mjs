import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bearerOf } from './bearer.mjs';
import sdkV1 from './sdk-v1.mjs';

/** `mcp-remote`, between a client on stdio and a server on HTTP. */
export default async ({ module = 'mcp-remote', transport = 'http', protocol = 'legacy' }) => {
  const program = join(import.meta.dirname, '../node_modules', module, 'dist/proxy.js');
  // A home of its own: it keeps tokens there.
  const home = mkdtempSync(join(tmpdir(), 'mcp-remote-'));
  const how = ['--transport', `${transport}-only`, '--protocol', protocol];
  const client = await sdkV1({
    release: '1-32',
    transport: 'stdio',
    command: (url, user) => ({
      command: process.execPath,
      args: [program, url, ...how, ...headersOf(user)],
      env: { ...process.env, HOME: home, MCP_REMOTE_CONFIG_DIR: home },
      stderr: 'ignore',
    }),
  });

  return {
    ...client,
    async close(connected) {
      await client.close(connected);
      rmSync(home, { recursive: true, force: true });
    },
  };
};

const headersOf = (user) =>
  Object.entries(bearerOf(user)).flatMap((header) => ['--header', header.join(':')]);
