import { describe, expect, it } from 'vitest';
import { ActorsError } from '../../src/base/errors.ts';
import { Claim } from '../../src/cluster/claims.ts';
import type { SessionWrite, Space, Written } from '../../src/cluster/engine.ts';
import { RecordSeal } from '../../src/cluster/recordSeal.ts';
import { SharedStore } from '../../src/cluster/sharedStore.ts';
import { sessionRecord } from '../support/sessionRecord.ts';

const unavailable = new ActorsError('store-unavailable', 'another server answers');

/** A store whose engine refuses the first write. @param isRenewed because it is another server now */
function setUp(isRenewed: boolean) {
  const tried: { by: string; writes: readonly SessionWrite[] }[] = [];
  const host = {
    generation: 1,
    incarnation: 'a#1',
    mayExpire: true,
    space: {
      async write(by: string, writes: readonly SessionWrite[]): Promise<readonly Written[]> {
        tried.push({ by, writes });
        if (tried.length > 1) return writes.map(() => 'done');
        if (isRenewed) host.generation++;
        throw unavailable;
      },
    } as Partial<Space> as Space,
    seal: new RecordSeal({ cluster: 'c', secrets: ['x'.repeat(32)], maxRecordBytes: 10_000 }),
    now: () => 0,
    engineNow: () => 0,
    live: async () => {},
    async whenOwn() {
      if (tried.length > 0) host.incarnation = 'a#2';
      return true;
    },
    lost: () => {},
    ended: () => {},
    forgot: () => {},
    failed: () => {},
  };
  const parts = { space: undefined, id: 's', print: 'p', token: 1, revision: 0, isBorn: false };
  const claim = new Claim(parts);
  const record = sessionRecord({ id: 's' });
  const write = (): Promise<void> => new SharedStore(host).write([{ type: 'put', record, claim }]);
  return { write, claim, tried };
}

describe('SharedStore.write', () => {
  it('writes the same once more when its engine has become another server', async () => {
    const { write, claim, tried } = setUp(true);
    await write();
    expect(tried.map(({ by }) => by)).toEqual(['a#1', 'a#2']);
    expect(tried[1]!.writes).toEqual(tried[0]!.writes);
    expect(claim).toMatchObject({ isBorn: true, revision: 1 });
  });

  it('fails at once where its engine is the one it was', async () => {
    const { write, claim, tried } = setUp(false);
    await expect(write()).rejects.toBe(unavailable);
    expect(tried).toHaveLength(1);
    expect(claim.isBorn).toBe(false);
  });
});
