import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const LEFT_OUT = new Set(['node_modules', 'dist', '.git']);

/** The package as it is published. */
export interface Packed {
  /** The copy of the sources that it was built from, and what was built. */
  readonly folder: string;
  readonly tarball: string;
  /** The files of the tarball, by their paths in the package. */
  readonly files: ReadonlySet<string>;
  /** Of the tarball, in bytes. */
  readonly size: number;
  /** Of its files, in bytes. */
  readonly unpackedSize: number;
}

/** Builds and packs a copy of the sources, whatever `dist` there is beside the sources themselves. */
export function packInto(place: string): Packed {
  const folder = join(place, 'source');
  mkdirSync(folder);
  cpSync(ROOT, folder, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const npm = (...args: string[]): string =>
    execFileSync('npm', args, { cwd: folder, encoding: 'utf8' });
  npm('run', '--silent', 'build');
  const report = npm('pack', '--json', '--ignore-scripts', '--pack-destination', place);
  const [{ filename, files, size, unpackedSize }] = JSON.parse(report) as [
    { filename: string; files: { path: string }[]; size: number; unpackedSize: number },
  ];
  const paths = new Set(files.map(({ path }) => path));
  return { folder, tarball: join(place, filename), files: paths, size, unpackedSize };
}
