import { open, rename } from 'node:fs/promises';
import type { Sink } from './writer.ts';

/** File mode of a recording: its sessions and times are for the operator only. */
const MODE = 0o600;

/**
 * Opens a sink that writes to a new file. An existing file is never written over: it is an error
 * or, where the recording rotates, renamed to `FILE.1`.
 *
 * @throws errors of the file system: `EEXIST`, `ENOENT`, `EACCES`
 */
export async function openFileSink(file: string, rotates: boolean): Promise<Sink> {
  const setAside = (): Promise<void> => rename(file, `${file}.1`);
  if (rotates) {
    await setAside().catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  let handle = await open(file, 'wx', MODE);
  return {
    async write(text) {
      await handle.appendFile(text);
    },
    async rotate() {
      await handle.close();
      await setAside();
      handle = await open(file, 'wx', MODE);
    },
    close: () => handle.close(),
  };
}
