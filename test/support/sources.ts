import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** One import or re-export of a source file. */
export interface Import {
  readonly from: string;
  /** A package or builtin as written; a file of ours by its path from the root. */
  readonly to: string;
  /** Erased when it is compiled: it loads nothing. */
  readonly isType: boolean;
}

/** The TypeScript files below a folder, by their paths from the root. */
export function filesBelow(folder: string, recursive = true): string[] {
  return readdirSync(join(ROOT, folder), { recursive, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .toSorted();
}

/** Whether there is such a file, by its path from the root. */
export function isThere(file: string): boolean {
  return existsSync(join(ROOT, file));
}

export function readJson(file: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
}

/** A source without its comments. */
export function codeOf(file: string): string {
  const text = readFileSync(join(ROOT, file), 'utf8');
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"])\/\/.*$/gm, '$1');
}

const STATEMENT = /^\s*(import|export)\s+(type\s+)?(?:[\w*{][^'";]*?\sfrom\s+)?'([^']+)'/gm;
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)/g;

export function importsOf(file: string): Import[] {
  const code = codeOf(file);
  const found = [...code.matchAll(STATEMENT)].map(([, , type, to = '']) => ({
    from: file,
    to: resolve(file, to),
    isType: type !== undefined,
  }));
  const dynamic = [...code.matchAll(DYNAMIC)].map(([, to = '']) => ({
    from: file,
    to: resolve(file, to),
    isType: false,
  }));
  return [...found, ...dynamic];
}

/** Everything that loading a file loads: files of ours, packages and builtins. */
export function closureOf(entry: string): Map<string, string> {
  const cameFrom = new Map<string, string>([[entry, entry]]);
  for (const file of cameFrom.keys()) {
    if (!existsSync(join(ROOT, file)) || !file.endsWith('.ts')) continue;
    for (const { to, isType } of importsOf(file)) {
      if (!isType && !cameFrom.has(to)) cameFrom.set(to, file);
    }
  }
  return cameFrom;
}

function resolve(from: string, to: string): string {
  return to.startsWith('.') ? relative(ROOT, join(ROOT, dirname(from), to)) : to;
}
