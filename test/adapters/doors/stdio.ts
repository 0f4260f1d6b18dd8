import { StdioClientTransport as TransportV2 } from '@modelcontextprotocol/client/stdio';
import {
  type StdioServerParameters,
  StdioClientTransport as TransportV1,
} from '@modelcontextprotocol/sdk/client/stdio.js';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Door, Remains } from './door.ts';

/** One process for each client, as real ones have it. */
export const stdio: Door = {
  name: 'stdio',
  async open(limits) {
    const children: { transport: TransportV1 | TransportV2; remains: Promise<Remains> }[] = [];
    const start = <T extends TransportV1 | TransportV2>(
      create: (server: StdioServerParameters) => T,
      user: string | undefined,
    ): T => {
      const setup = JSON.stringify({ limits, user });
      const child = join(import.meta.dirname, 'stdioChild.ts');
      const transport = create({
        command: process.execPath,
        args: ['--import', 'tsx', child, setup],
        stderr: 'pipe',
      });
      children.push({ transport, remains: lastWords(transport.stderr as Readable) });
      return transport;
    };
    return {
      v1: (user) => start((server) => new TransportV1(server), user),
      v2: (user) => start((server) => new TransportV2(server), user),
      async drain() {
        for (const { transport } of children) process.kill(transport.pid!, 'SIGTERM');
      },
      async remains() {
        const all = await Promise.all(children.map(({ remains }) => remains));
        return {
          held: all.reduce((sum, { held }) => sum + held, 0),
          released: all.flatMap(({ released }) => released),
        };
      },
      async close() {
        for (const { transport } of children) await transport.close();
      },
    };
  },
};

/** What a child says of itself before it ends. */
async function lastWords(stderr: Readable): Promise<Remains> {
  let text = '';
  for await (const chunk of stderr) text += String(chunk);
  // Before, a runtime may have reported what went wrong.
  return JSON.parse(text.slice(text.lastIndexOf('\n{') + 1)) as Remains;
}
