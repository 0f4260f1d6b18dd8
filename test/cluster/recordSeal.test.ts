import { describe, expect, it } from 'vitest';
import { printOf, RecordSeal } from '../../src/cluster/recordSeal.ts';

const OPTIONS = { cluster: 'c', secrets: ['x'.repeat(32)], maxRecordBytes: 1000 };
const seal = new RecordSeal(OPTIONS);
const [one, two] = ['one', 'two'].map(printOf) as [string, string];

describe('RecordSeal, of a session that has ended', () => {
  it('gives back why, and whose it was', () => {
    for (const principal of ['ann', undefined]) {
      const ending = { reason: 'revoked', principal } as const;
      expect(seal.openTombstone(one, seal.tombstone(one, ending))).toEqual(ending);
    }
  });

  it('says nothing of what is another session’s, another cluster’s, or of another secret', () => {
    const bytes = seal.tombstone(one, { reason: 'revoked', principal: 'ann' });
    const others = [
      new RecordSeal({ ...OPTIONS, cluster: 'd' }),
      new RecordSeal({ ...OPTIONS, secrets: ['y'.repeat(32)] }),
    ];
    const read = [
      seal.openTombstone(two, bytes),
      ...others.map((other) => other.openTombstone(one, bytes)),
    ];
    expect(read).toEqual([undefined, undefined, undefined]);
  });

  it('says nothing of what it can not read', () => {
    const unknown = { reason: 'of a later release', principal: 'ann' } as never;
    const foreign = { reason: 'revoked', principal: 7 } as never;
    const read = [
      Buffer.of(),
      Buffer.from('revoked'),
      seal.tombstone(one, unknown),
      seal.tombstone(one, foreign),
    ].map((bytes) => seal.openTombstone(one, bytes));
    expect(read).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('shows the engine neither', () => {
    const bytes = seal.tombstone(one, { reason: 'revoked', principal: 'ann' });
    expect(bytes.toString('latin1')).not.toMatch(/revoked|ann/);
  });
});
