import type { Server, ServerOptions } from '@modelcontextprotocol/sdk/server/index.js';

/** One server under test, listening on a free loopback port inside its own child process. */
export interface Contender {
  readonly port: number;
  /** Sessions not yet at rest; memory is read only once this is zero. */
  busy(): number;
}

/** Makes the SDK server of one session. */
export type MakeServer = (options?: ServerOptions) => Pick<Server, 'connect' | 'close'>;
