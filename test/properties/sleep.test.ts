import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openLmdbStore } from 'mcp-actors/lmdb';
import { DurableMemory } from '../support/durableMemory.ts';
import { seeded } from '../support/seeded.ts';
import { histories, settings, type Setting, type Step } from '../support/sleepHistory/history.ts';
import { play } from '../support/sleepHistory/play.ts';
import { temporaryFolder } from '../support/sleepHistory/temporaryFolder.ts';

type Check = (setting: Setting, steps: readonly Step[]) => Promise<void>;

const history = (most: number, check: Check): fc.IAsyncProperty<unknown> =>
  fc.asyncProperty(settings, histories(most), check);

describe('any history of messages, sleeps, wakes, crashes, kills and restarts', () => {
  it('in memory: nobody is lost, nobody is answered twice', async () => {
    const property = history(60, async (setting, steps) => {
      expect(await play(setting, steps, undefined)).toEqual([]);
    });
    await seeded(property, 250);
  }, 60_000);

  it('with a durable store that fails: nor by the next process', async () => {
    const property = history(60, async (setting, steps) => {
      const store = new DurableMemory();
      const home = { open: () => store, abandon: async () => {} };
      expect(await play(setting, steps, home)).toEqual([]);
    });
    await seeded(property, 250);
  }, 60_000);

  it('on the disk: nor there', async () => {
    const property = history(40, async (setting, steps) => {
      const folder = temporaryFolder();
      const home = {
        open: () => openLmdbStore({ path: folder.path }),
        abandon: async (store: { close(): unknown }) => void (await store.close()),
      };
      try {
        expect(await play(setting, steps, home)).toEqual([]);
      } finally {
        folder.remove();
      }
    });
    await seeded(property, 25);
  }, 60_000);
});
