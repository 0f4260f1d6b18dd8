import { access, open, rename } from 'node:fs/promises';
import type { Sink } from './sink.ts';

/** File mode of a recording: its sessions and times are for the operator only. */
const MODE = 0o600;

/** The file that a full recording is renamed to when it rotates. */
export function olderFile(file: string): string {
  return `${file}.1`;
}

/**
 * Opens a sink that writes to a new file. An existing file is never written over: it is an error
 * or, where the recording rotates, renamed.
 *
 * @throws errors of the file system: `EEXIST`, `ENOENT`, `EACCES`
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
