import { describe, expect, it } from 'vitest';
import { SharedValidator } from '../../src/session/validator.ts';
import { collect, Sample } from '../support/garbage.ts';
import { FakeRuntime } from '../support/fakeRuntime.ts';

const numberUpTo = (maximum: number) => ({
  type: 'object' as const,
  properties: { n: { type: 'number' as const, maximum } },
  required: ['n'],
});

describe('SharedValidator', () => {
  it('validates, and says what is wrong', () => {
    const validate = new SharedValidator().getValidator(numberUpTo(5));
    expect(validate({ n: 5 })).toMatchObject({ valid: true, data: { n: 5 } });
    expect(validate({ n: 6 })).toMatchObject({ valid: false });
    expect(validate({})).toMatchObject({ valid: false });
  });

  it('compiles the same text once, whatever object it came as', () => {
    const validator = new SharedValidator();
    expect(validator.getValidator(numberUpTo(5))).toBe(validator.getValidator(numberUpTo(5)));
    expect(validator.getValidator(numberUpTo(6))).not.toBe(validator.getValidator(numberUpTo(5)));
  });

  it("never lets one session's schema answer for another's of the same $id", () => {
    const validator = new SharedValidator();
    const first = validator.getValidator({ ...numberUpTo(5), $id: 'https://example.org/mine' });
    const second = validator.getValidator({ ...numberUpTo(9), $id: 'https://example.org/mine' });
    expect([first({ n: 7 }).valid, second({ n: 7 }).valid]).toEqual([false, true]);
    expect(first({ n: 5 }).valid).toBe(true);
  });

  it('throws at a schema that is none, and goes on', () => {
    const validator = new SharedValidator();
    const nonsense = { type: 'nonsense' };
    expect(() => validator.getValidator(nonsense)).toThrow(/type must be JSONType/);
    expect(validator.getValidator(numberUpTo(5))({ n: 1 }).valid).toBe(true);
  });

  it('stays bounded over thousands of schemas, and right', async () => {
    const validator = new SharedValidator();
    const sample = new Sample();
    for (let i = 0; i < 1500; i++) {
      const validate = validator.getValidator(numberUpTo(i));
      expect([validate({ n: i }).valid, validate({ n: i + 1 }).valid]).toEqual([true, false]);
      if (i < 500) sample.add(`schema ${i}`, validate);
    }
    await collect();
    expect(await sample.alive()).toEqual([]);
  }, 60_000);
});

describe('session.serverOptions', () => {
  it('is the same validator for every session of a runtime', async () => {
    const world = new FakeRuntime();
    await world.open();
    await world.open();
    const [a, b] = world.runtime.residents();
    expect(a?.serverOptions.jsonSchemaValidator).toBe(b?.serverOptions.jsonSchemaValidator);
  });
});
