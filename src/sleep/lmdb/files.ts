import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
} from 'node:fs';
import { join } from 'node:path';

// What a file of LMDB begins with: a page header, then the mark, the version and so on.
const HEAD = 80;
const MARK = Buffer.of(0xde, 0xc0, 0xef, 0xbe);
const VERSION = 2;
const TO_PAGE_SIZE = 24;

/**
 * Makes the files where there are none, and sees to it that LMDB can open them: the native code
 * ends the process when it can not.
 *
 * Session ids are secrets, so the files are their owner's alone.
 *
 * @throws Error
 */
export function prepareFiles(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  for (const name of ['data.mdb', 'lock.mdb']) {
    const file = join(path, name);
    const descriptor = openSync(file, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      chmodSync(file, 0o600);
      if (name === 'data.mdb') checkData(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }
}

function checkData(descriptor: number): void {
  const { size } = fstatSync(descriptor);
  if (size === 0) return;
  const head = Buffer.alloc(HEAD);
  readSync(descriptor, head, 0, HEAD, 0);
  const at = head.indexOf(MARK);
  if (at === -1 || head[at + MARK.length] !== VERSION) {
    throw new Error('data.mdb is no file of this version of LMDB');
  }
  // Shorter than its two root pages: whoever made it died of it, and nothing was ever stored.
  if (size < 2 * head.readUInt32LE(at + TO_PAGE_SIZE)) ftruncateSync(descriptor);
}
