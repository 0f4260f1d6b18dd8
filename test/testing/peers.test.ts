import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describeSession } from 'mcp-actors/testing';
import { describe, expect, it } from 'vitest';
import { closureOf, filesBelow, importsOf } from '../support/sources.ts';
import { fakeDriver, type FakeDriver } from './fakeDriver.ts';

const FILES = filesBelow('src/testing');

/** What a process of its own says where a package can not be loaded, outside of vitest. */
async function withoutPackage(name: string, code: string): Promise<string> {
  const hooks = `export const resolve = (specifier, context, next) => {
    if (specifier !== '${name}') return next(specifier, context);
    throw Object.assign(new Error('not there'), { code: 'ERR_MODULE_NOT_FOUND' });
  }`;
  const script = `
    import { register } from 'node:module';
    register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
    const kit = await import('${new URL('../../src/testing/index.ts', import.meta.url).href}');
    try { ${code} } catch (error) { console.log(error.code, error.message); }`;
  const { VITEST: _, ...env } = process.env;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return stdout.trim();
}

describe('mcp-actors/testing', () => {
  it('loads its optional peers in one file, and only where they are there', () => {
    const peers = FILES.flatMap(importsOf).filter(
      ({ to, isType }) => !isType && ['vitest', 'fast-check'].includes(to),
    );
    expect([...new Set(peers.map(({ from }) => from))]).toEqual(['src/testing/index.ts']);
  });

  it('can be used without vitest and fast-check: what needs them says so', async () => {
    expect(await withoutPackage('fast-check', 'kit.sessionProperty({})')).toBe(
      'bad-option sessionProperty needs fast-check: install it',
    );
    expect(await withoutPackage('vitest', 'kit.describeSession({})')).toBe(
      'bad-option describeSession runs in vitest: import it, or use walkModel',
    );
    expect(
      await withoutPackage('fast-check', 'console.log(kit.planPaths(kit.sessionModel).length)'),
    ).toBe('42');
  });

  it('knows nothing of the machines: its model is its own', async () => {
    const strange = [...closureOf('src/testing/sessionModel.ts').keys()];
    expect(strange).toEqual(['src/testing/sessionModel.ts']);
    // What walks a machine of the user's steps that machine.
    for (const file of FILES.filter((each) => !each.startsWith('src/testing/machine/'))) {
      const imports = importsOf(file).map(({ to }) => to);
      expect(imports.filter((to) => to === 'xstate' || to.startsWith('machines/'))).toEqual([]);
      expect(await readFile(file, 'utf8')).not.toMatch(/typeof \w*[mM]achine/);
    }
  });
});

describe('describeSession', () => {
  it('refuses a driver that lacks a part, before it registers anything', () => {
    const { hit: _, ...events } = fakeDriver().events;
    const driver = { ...fakeDriver(), events } as unknown as FakeDriver;
    expect(() => describeSession(driver)).toThrow(/no executor for event hit/);
  });
});
