import { join } from 'node:path';

/** The server as a client starts it that speaks to it on stdin and stdout. */
export const serverOnStdio = {
  command: process.execPath,
  args: ['--import', 'tsx', 'test/clients/server.ts', '--stdio'],
  cwd: join(import.meta.dirname, '../../..'),
};
