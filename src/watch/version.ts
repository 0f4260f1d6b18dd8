import { createRequire } from 'node:module';

/** The version of this library. */
export function libraryVersion(): string {
  const manifest = createRequire(import.meta.url)('mcp-actors/package.json') as { version: string };
  return manifest.version;
}
