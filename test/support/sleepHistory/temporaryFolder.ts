import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is there until it is removed. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'mcp-actors-sleep-'));
  return { path: join(root, 'store'), remove: () => rmSync(root, { recursive: true }) };
}
