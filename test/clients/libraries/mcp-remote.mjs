import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sdkV1 from './sdk-v1.mjs';

/** `mcp-remote`, between a client on stdio and a server on HTTP. */
export default async ({ module = 'mcp-remote', transport = 'http' }) => {
  const program = join(import.meta.dirname, '../node_modules', module, 'dist/proxy.js');
  // A home of its own: it keeps tokens there.
  const home = mkdtempSync(join(tmpdir(), 'mcp-remote-'));
  const client = await sdkV1({
    release: '1-32',
    transport: 'stdio',
    command: (url) => ({
      command: process.execPath,
      args: [program, url, '--transport', `${transport}-only`],
      env: { ...process.env, HOME: home, MCP_REMOTE_CONFIG_DIR: home },
      stderr: 'ignore',
    }),
  });

  return {
    ...client,
    async close(connected) {
      await client.close(connected);
      rmSync(home, { recursive: true });
    },
  };
};
