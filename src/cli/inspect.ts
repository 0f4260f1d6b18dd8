import { ActorsError } from '../base/errors.ts';
import type { Runtime } from '../runtime.ts';
import { type Inspector, serveInspector } from '../watch/inspector/index.ts';
import { CommandError, EXIT } from './exit.ts';
import type { HostArguments } from './hostArguments.ts';

/** Serves the inspector, where the command line asks for one. @throws CommandError */
export async function inspect(
  runtime: Runtime,
  { inspectPort }: Pick<HostArguments, 'inspectPort'>,
): Promise<Inspector | undefined> {
  if (inspectPort === undefined) return undefined;
  const token = process.env['MCP_ACTORS_INSPECT_TOKEN'];
  try {
    return await serveInspector(runtime, { port: inspectPort, ...(token && { token }) });
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException;
    const isToken = error instanceof ActorsError && error.message.includes('token');
    const what = isToken
      ? `MCP_ACTORS_INSPECT_TOKEN: ${error.message}`
      : `can not serve the inspector on port ${inspectPort}: ${code}`;
    throw new CommandError(EXIT.failed, what);
  }
}
