import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GatheredBytes } from '../../src/base/gatheredBytes.ts';

function gather(parts: readonly Uint8Array[]): GatheredBytes {
  const gathered = new GatheredBytes();
  for (const part of parts) gathered.add(part);
  return gathered;
}

const held = (): number => process.memoryUsage().heapUsed + process.memoryUsage().external;

describe('GatheredBytes', () => {
  it('gives back what was put in, whatever the parts', () => {
    const sizes = fc.array(fc.oneof(fc.nat(40), fc.nat(5000)), { maxLength: 40 });
    fc.assert(
      fc.property(sizes, (all) => {
        const parts = all.map((size, n) => new Uint8Array(size).fill(n));
        expect(Buffer.concat(parts).equals(gather(parts).take())).toBe(true);
      }),
    );
  });

  it('copies no part that is alone, and has forgotten what it gave', () => {
    const part = new Uint8Array(100);
    const gathered = gather([part]);
    expect(gathered.take()).toBe(part);
    expect(gathered.take().length).toBe(0);
  });

  it('holds about as many bytes as have come, one by one', () => {
    const collect = globalThis.gc!;
    collect();
    const before = held();
    const all = Array.from({ length: 20 }, () => {
      const gathered = new GatheredBytes();
      for (let n = 0; n < 65_536; n++) gathered.add(new Uint8Array(1));
      return gathered;
    });
    collect();
    // 1.25 MiB; as a list of parts they are 200 MB.
    expect(held() - before).toBeLessThan(8 * 1024 * 1024);
    expect(all.map((each) => each.take().length)).toEqual(Array(20).fill(65_536));
  });
});
