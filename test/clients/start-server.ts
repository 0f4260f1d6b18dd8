import { EverythingProcess } from '../support/everythingProcess.ts';

/** Starts the server of the everything example with a door for each kind of client. */
export function startServer(port: number, args: readonly string[]): Promise<EverythingProcess> {
  return EverythingProcess.start(port, args, 'test/clients/server.ts');
}
