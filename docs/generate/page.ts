import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const PAGE = new URL('../../src/watch/inspector/page/', import.meta.url);
const PREACT = new URL('../../node_modules/preact/', import.meta.url);

/**
 * The inspector's page as a module of strings: it is served from a clone and from the package alike,
 * with nothing to copy and nothing to build at its users'.
 */
export async function pageModule(): Promise<string> {
  const { version } = JSON.parse(read('package.json', PREACT)) as { version: string };
  const licence = `/*! With preact ${version}:\n\n${read('LICENSE', PREACT).trim()}\n*/`;
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('main.tsx', PAGE))],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2023',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    banner: { js: licence },
    charset: 'utf8',
  });
  const files = [
    ['', 'text/html; charset=utf-8', read('page.html', PAGE)],
    ['page.css', 'text/css; charset=utf-8', read('page.css', PAGE)],
    ['page.js', 'text/javascript; charset=utf-8', outputFiles[0]!.text],
  ];
  const entries = files.map(
    ([path, type, text]) => `  [${JSON.stringify(path)}, ${JSON.stringify({ type, text })}],`,
  );
  return [
    '// Made from ../page by `npm run docs`; its licences are in the script.',
    'export const PAGE: ReadonlyMap<string, { readonly type: string; readonly text: string }> = new Map([',
    ...entries,
    ']);',
    '',
  ].join('\n');
}

function read(name: string, folder: URL): string {
  return readFileSync(new URL(name, folder), 'utf8');
}
