import type { Runtime } from 'mcp-actors';
import { type Inspector, type InspectorOptions, serveInspector } from 'mcp-actors/inspector';
import { onTestFinished } from 'vitest';

/** Serves an inspector for the running test, which closes it. */
export async function inspect<T>(
  runtime: Runtime<T>,
  options: InspectorOptions = {},
): Promise<Inspector> {
  const inspector = await serveInspector(runtime, { flushMs: 20, ...options });
  onTestFinished(() => inspector.close());
  return inspector;
}
