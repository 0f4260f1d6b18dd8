import fs from 'node:fs';
import { join } from 'node:path';

// What a file of LMDB begins with: a page header, then the mark, the version and so on.
const HEADER = 64;
const MARK = Buffer.of(0xde, 0xc0, 0xef, 0xbe);
const VERSION = 2;
const TO_PAGE_SIZE = 24;

/** The first bytes of a new file on the disk: without room for these, LMDB must not begin. */
const ROOM = Buffer.alloc(2 ** 16);

/**
 * Makes the files of a store where there are none, and sees to it that LMDB can open them: the
 * native code ends the process when it can not.
 *
 * Session ids are secrets, so the files are their owner's alone.
 *
 * @throws Error when a file can not be made, or is no file of this version of LMDB
 */
export function prepareFiles(path: string): void {
  fs.mkdirSync(path, { recursive: true, mode: 0o700 });
  const data = join(path, 'data.mdb');
  withFile(data, prepareData);
  fs.chmodSync(data, 0o600);
  const locks = join(path, 'lock.mdb');
  // Only a lock file that is too small is opened: closing it again would give up the locks that
  // this process has on the file. Other processes may use its content, so the file only grows.
  if ((fs.statSync(locks, { throwIfNoEntry: false })?.size ?? 0) < ROOM.length) {
    withFile(locks, (descriptor) => makeRoom(descriptor, fs.fstatSync(descriptor).size));
  }
  fs.chmodSync(locks, 0o600);
}

function withFile(file: string, work: (descriptor: number) => void): void {
  const descriptor = fs.openSync(file, fs.constants.O_RDWR | fs.constants.O_CREAT, 0o600);
  try {
    work(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}

function prepareData(descriptor: number): void {
  const { size } = fs.fstatSync(descriptor);
  const head = Buffer.alloc(ROOM.length);
  fs.readSync(descriptor, head, 0, Math.min(size, head.length), 0);
  const at = head.subarray(0, HEADER).indexOf(MARK);
  if (at !== -1 && head[at + MARK.length] === VERSION) {
    // Shorter than its two root pages: whatever made the file died of it, and stored nothing.
    if (size >= 2 * head.readUInt32LE(at + TO_PAGE_SIZE)) return;
  } else if (size > ROOM.length || !head.equals(ROOM)) {
    throw new Error('data.mdb is no file of this version of LMDB');
  }
  // LMDB makes its file only of an empty one.
  fs.ftruncateSync(descriptor);
  try {
    makeRoom(descriptor, 0);
  } finally {
    fs.ftruncateSync(descriptor);
  }
}

function makeRoom(descriptor: number, from: number): void {
  for (let at = from; at < ROOM.length;) {
    at += fs.writeSync(descriptor, ROOM, at, ROOM.length - at, at);
  }
  fs.fsyncSync(descriptor);
}
