import { describe, expect, it } from 'vitest';
import { Pace } from '../../src/gateway/pace.ts';
import { turn } from '../support/eventually.ts';

describe('Pace.allTaken', () => {
  it('is undefined when nothing was said since it was last asked', async () => {
    const pace = new Pace();
    expect(pace.allTaken()).toBeUndefined();
    pace.sent(Promise.resolve());
    await pace.allTaken();
    expect(pace.allTaken()).toBeUndefined();
  });

  it('waits for all that was said', async () => {
    const pace = new Pace();
    const takers: (() => void)[] = [];
    for (let i = 0; i < 3; i++) pace.sent(new Promise((resolve) => takers.push(resolve)));
    let isTaken = false;
    const all = pace.allTaken()?.then(() => (isTaken = true));
    for (const take of takers) {
      expect(isTaken).toBe(false);
      take();
      await turn();
    }
    await all;
    expect(isTaken).toBe(true);
  });

  it('does not wait for ever: who takes nothing is for the stream limits to cut', async () => {
    const pace = new Pace(20);
    pace.sent(new Promise(() => {}));
    await expect(pace.allTaken()).resolves.toBeUndefined();
  });
});
