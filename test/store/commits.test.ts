import { describe, expect, it } from 'vitest';
import { Commits, type Files, type Work } from '../../src/store/lmdb/commits.ts';
import type { Tables } from '../../src/store/lmdb/tables.ts';
import { turn } from '../support/eventually.ts';

/** Files whose commits end when the test says so. */
class HeldFiles implements Files {
  // Nothing here reads them.
  readonly tables = {} as Tables;
  readonly commits: { readonly taken: number; readonly end: (error?: Error) => void }[] = [];
  isClosed = false;
  closing: Promise<void> = Promise.resolve();

  commit(take: () => readonly Work[]): Promise<unknown[]> {
    const work = take();
    const errors = work.map((each) => {
      try {
        return each(this.tables);
      } catch (error) {
        return error;
      }
    });
    return new Promise((resolve, reject) => {
      const end = (error?: Error): void => (error === undefined ? resolve(errors) : reject(error));
      this.commits.push({ taken: work.length, end });
    });
  }

  async close(): Promise<void> {
    await this.closing;
    this.isClosed = true;
  }
}

const nothing = (): void => {};

function start(): { commits: Commits; opened: HeldFiles[] } {
  const opened: HeldFiles[] = [];
  const open = (): Files => {
    opened.push(new HeldFiles());
    return opened.at(-1)!;
  };
  return { commits: new Commits(open, Infinity), opened };
}

describe('Commits', () => {
  it('lets writes that come meanwhile share the next commit, up to a hundred changes', async () => {
    const { commits, opened } = start();
    const [files] = opened;
    const all = [commits.write(nothing)];
    await turn();
    all.push(...[60, 40, 1, 250, 3].map((changes) => commits.write(nothing, changes)));
    await turn();
    expect(files?.commits.map(({ taken }) => taken)).toEqual([1]);
    for (const taken of [2, 1, 1, 1]) {
      files?.commits.at(-1)?.end();
      await turn();
      expect(files?.commits.at(-1)?.taken).toBe(taken);
    }
    files?.commits.at(-1)?.end();
    await Promise.all(all);
    expect(files?.commits).toHaveLength(5);
  });

  it('refuses the write whose work throws, and no other of its commit', async () => {
    const { commits, opened } = start();
    const refused = new Error('full');
    const all = Promise.allSettled([
      commits.write(nothing),
      commits.write(() => {
        throw refused;
      }),
      commits.write(nothing),
    ]);
    // Each is a commit of its own here: the first was taken at once.
    for (let i = 0; i < 2; i++) {
      await turn();
      opened[0]?.commits.at(-1)?.end();
    }
    const results = await all;
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(results[1]).toMatchObject({ reason: { code: 'store-unavailable', cause: refused } });
  });

  it('opens the files again after a commit that failed; reads wait for it', async () => {
    const { commits, opened } = start();
    const [files] = opened;
    let closed = nothing;
    files!.closing = new Promise((resolve) => (closed = resolve));
    const failed = commits.write(nothing);
    await turn();
    files?.commits[0]?.end(new Error('disk'));
    await turn();
    const read = commits.read((tables) => tables);
    const next = commits.write(nothing);
    await turn();
    expect(opened).toHaveLength(1);
    closed();
    await expect(failed).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(await read).toBe(opened[1]?.tables);
    expect(files?.isClosed).toBe(true);
    await turn();
    opened[1]?.commits[0]?.end();
    await next;
    expect(opened).toHaveLength(2);
  });

  it('closes when all it took is stored, and takes nothing more', async () => {
    const { commits, opened } = start();
    const written = commits.write(nothing);
    const closed = commits.close();
    await expect(commits.write(nothing)).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(() => commits.read(nothing)).toThrow(
      expect.objectContaining({ code: 'store-unavailable' }),
    );
    await turn();
    expect(opened[0]?.isClosed).toBe(false);
    opened[0]?.commits[0]?.end();
    await Promise.all([written, closed]);
    expect(opened[0]?.isClosed).toBe(true);
  });
});
