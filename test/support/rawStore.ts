import { open, type Database } from 'lmdb';

/** The tables of a closed store, for whoever damages them. */
export interface RawStore {
  readonly records: Database<Buffer, Buffer>;
  readonly rows: Database<Buffer, Buffer>;
  readonly due: Database<Buffer, Buffer>;
  readonly owned: Database<Buffer, Buffer>;
  readonly aside: Database<Buffer, Buffer>;
  readonly about: Database<Buffer, Buffer>;
}

/** Opens the files of a store with lmdb alone, does something, and closes them. */
export async function rawStore<T>(path: string, work: (tables: RawStore) => T): Promise<T> {
  const root = open({ path, noSubdir: false, overlappingSync: false });
  const table = (name: string): Database<Buffer, Buffer> =>
    root.openDB({ name, keyEncoding: 'binary', encoding: 'binary' });
  try {
    return work({
      records: table('records'),
      rows: table('rows'),
      due: table('due'),
      owned: table('owned'),
      aside: table('aside'),
      about: table('about'),
    });
  } finally {
    await root.close();
  }
}
