import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Page } from '../support/markdown.ts';

/** What an installation weighs. */
export interface Weight {
  readonly packages: number;
  readonly mib: number;
}

/** Counts the packages of an installation, and the bytes of all their files. */
export function weigh(place: string): Weight {
  const lock = readFileSync(join(place, 'node_modules/.package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock) as { packages: Readonly<Record<string, unknown>> };
  const files = readdirSync(join(place, 'node_modules'), { recursive: true, withFileTypes: true });
  const bytes = files
    .filter((each) => each.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
  return { packages: Object.keys(packages).length, mib: bytes / 2 ** 20 };
}

/** What docs/sdk.md promises of an installation, by what is installed beside the library. */
export function promisedWeight(root: string, beside: string): Weight {
  const { rows } = new Page(pathToFileURL(root), 'docs/sdk.md');
  const name = ['mcp-actors', beside].filter((each) => each !== '').join(' ');
  const [packages = '', size = ''] = rows.get(name) ?? [];
  const [, mib = ''] = /^(\d+) MiB$/.exec(size) ?? [];
  if (packages === '' || mib === '') throw new Error(`docs/sdk.md does not weigh ${name}`);
  return { packages: Number(packages), mib: Number(mib) };
}

/** @returns what is more than was promised */
export function overweight(is: Weight, promised: Weight): string[] {
  return (['packages', 'mib'] as const)
    .filter((what) => is[what] > promised[what])
    .map((what) => `${is[what].toFixed(1)} ${what}, promised: ${promised[what]}`);
}
