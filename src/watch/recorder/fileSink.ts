import { access, open, rename } from 'node:fs/promises';
import type { Sink } from './sink.ts';

/** Sessions and times are nobody's business but the operator's. */
const MODE = 0o600;

/** Where the older half of a rotated recording is. */
export function olderFile(file: string): string {
  return `${file}.1`;
}

/**
 * Writes to a file it makes. One that is there is never written over: it is an error or, where the
 * recording rotates, put aside.
 *
 * @throws what the file system meets: `EEXIST`, `ENOENT`, `EACCES`
 */
export async function openFileSink(file: string, rotates: boolean): Promise<Sink> {
  if (rotates && (await exists(file))) await rename(file, olderFile(file));
  let handle = await open(file, 'wx', MODE);
  return {
    async write(text) {
      await handle.appendFile(text);
    },
    async rotate() {
      await handle.close();
      await rename(file, olderFile(file));
      handle = await open(file, 'wx', MODE);
    },
    close: () => handle.close(),
  };
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch {
    return false;
  }
}
