import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';
import { runNode } from './support/bundledChild.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

it('W16: mcp-actors/testing loads by require, with fast-check, and says that vitest is imported', async () => {
  const folder = mkdtempSync(join(ROOT, 'node_modules/.cache/required-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const outfile = join(folder, 'testing.mjs');
  await build({
    entryPoints: [join(ROOT, 'src/testing/required.ts')],
    outfile,
    tsconfig: join(ROOT, 'tsconfig.json'),
    bundle: true,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'esm',
  });
  const program = `
    const { describeSession, sessionModel, sessionProperty, httpDriver } = require(${JSON.stringify(outfile)});
    const codes = [describeSession, sessionProperty].map((use) => {
      try {
        use({ model: sessionModel, name: 'a', executors: {}, assertions: {}, without: {} });
        return 'none';
      } catch (error) {
        return error.message;
      }
    });
    console.log(JSON.stringify([typeof httpDriver, ...codes]));
  `;
  const { code, lines, stderr } = await runNode(['-e', program]);
  expect([code, stderr.includes('ERR_REQUIRE')]).toEqual([0, false]);
  const [driver, described, property] = JSON.parse(lines[0]!) as string[];
  expect(driver).toBe('function');
  expect(described).toContain('import it');
  expect(property).not.toContain('install it');
});
