import { join } from 'node:path';
import { createRuntime, type Runtime, type RuntimeEvents, type RuntimeOptions } from 'mcp-actors';
import { childProcess, type ChildProcessOptions } from 'mcp-actors/gateway';
import { serve } from 'mcp-actors/node';
import { onTestFinished } from 'vitest';

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

/** A server that misbehaves on demand: see `fixtures/server.mjs`. */
export function misbehaving(...flags: string[]): ChildProcessOptions {
  return { command: process.execPath, args: [fixture('server.mjs'), ...flags] };
}

/** The smallest server there is. */
export const TINY: ChildProcessOptions = { command: fixture('tiny.sh') };

export interface GatewayOptions extends Partial<RuntimeOptions> {
  readonly child: ChildProcessOptions;
}

export interface Gateway {
  readonly runtime: Runtime<undefined>;
  readonly url: string;
  close(): Promise<unknown>;
}

/** A gateway on a port of its own, ended with the test. */
export async function startGateway({ child, ...options }: GatewayOptions): Promise<Gateway> {
  const runtime = createRuntime({ server: childProcess(child), ...options });
  // What crashes on purpose is no news.
  runtime.on('session.crashed', () => {});
  const { url, close } = await serve(runtime, { port: 0, contain: false });
  onTestFinished(async () => void (await close({ deadlineMs: 1 })));
  return { runtime, url, close: () => close({ deadlineMs: 1 }) };
}

/** The next event of a kind. */
export function next<N extends keyof RuntimeEvents>(
  runtime: Pick<Runtime, 'on'>,
  name: N,
): Promise<RuntimeEvents[N]> {
  return new Promise((resolve) => {
    const stop = runtime.on(name, (event) => {
      stop();
      resolve(event);
    });
  });
}
