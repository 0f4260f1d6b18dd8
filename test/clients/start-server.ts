import { EverythingProcess } from '../support/everythingProcess.ts';
import type { Prefer } from './configurations.ts';

/** Where a server listens, and what it keeps its sessions in. */
export interface Place {
  /** @default a free one */
  readonly port?: number;
  readonly data?: string;
  /** The Redis of a cluster. */
  readonly redis?: string;
}

/** Starts the server of the everything example with a door for each kind of client. */
export function startServer(
  prefer: Prefer,
  { port = 0, data, redis }: Place = {},
): Promise<EverythingProcess> {
  const stateless = prefer === 'stateless' ? ['--stateless'] : [];
  const kept = data === undefined ? [] : ['--data', data];
  const shared = redis === undefined ? [] : ['--redis', redis];
  return EverythingProcess.start(
    port,
    [...stateless, ...kept, ...shared],
    'test/clients/server.ts',
  );
}
