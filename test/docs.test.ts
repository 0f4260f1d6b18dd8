import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createRuntime, DEFAULT_LIMITS } from 'mcp-actors';
import { END_REASONS, SESSION_EFFECTS } from 'mcp-actors/machines';
import { describe, expect, onTestFinished, test } from 'vitest';
import { regenerate } from '../docs/generate.ts';
import { CLUSTER_NAMES, settleCluster } from '../src/cluster/options.ts';
import { DEAD_LETTER_REASONS } from '../src/events/events.ts';
import { REFUSALS } from '../src/wire/refusals.ts';
import { FakeServer } from './support/fakeServer.ts';
import { Page } from './support/markdown.ts';
import { ROOMS } from './support/rooms.ts';

const ROOT = new URL('../', import.meta.url);
const inRoot = (path: string): string => fileURLToPath(new URL(path, ROOT));
const read = (path: string): string => readFileSync(inRoot(path), 'utf8');

const paths = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(inRoot('docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.replaceAll('\\', '/')}`),
];
const pages = new Map(paths.map((path) => [path, new Page(ROOT, path)]));
const page = (path: string): Page => pages.get(path)!;
const blocks = [...pages.values()].flatMap((each) => each.blocks);

/** What the pages call by name without making it each time. */
const AMBIENT = `
import type { Runtime, ServerFactory, Session } from 'mcp-actors';
import type { Express } from 'express';
import type { FastifyInstance } from 'fastify';
import type { Hono } from 'hono';
import type Koa from 'koa';
declare global {
  const runtime: Runtime;
  const session: Session<any>;
  const server: ServerFactory;
  const expressApp: Express;
  const fastifyApp: FastifyInstance;
  const honoApp: Hono;
  const koaApp: Koa;
}`;

describe('pages', () => {
  test.each(paths)('%s: every link leads somewhere', (path) => {
    const dead = page(path).links.filter((link) => {
      const [file = '', anchor] = link.split('#');
      const target = file === '' ? path : new URL(file, new URL(path, ROOT)).href;
      const name = target.replace(ROOT.href, '');
      if (!existsSync(inRoot(name))) return true;
      return anchor !== undefined && !pages.get(name)?.anchors.has(anchor);
    });
    expect(dead).toEqual([]);
  });

  test('every page under docs/ is reached from the README', () => {
    const seen = new Set(['README.md']);
    for (const path of seen) {
      for (const link of pages.get(path)?.links ?? []) {
        const { href } = new URL(link.split('#')[0]!, new URL(path, ROOT));
        seen.add(href.replace(ROOT.href, ''));
      }
    }
    expect(paths.filter((path) => !seen.has(path))).toEqual([]);
  });

  test('README.md begins with the quickstart', () => {
    expect(page('README.md').blocks[0]).toMatchObject({ example: 'examples/quickstart.ts' });
    expect(page('README.md').blocks[0]!.line).toBeLessThan(10);
  });

  test('blocks marked as examples equal their files', () => {
    const examples = blocks.filter(({ example }) => example !== undefined);
    expect(examples).not.toEqual([]);
    for (const { example, text } of examples) expect(text).toBe(read(example!));
  });

  test('TypeScript blocks compile', () => {
    // Below node_modules the formatter, the linter and git leave them alone.
    const cache = inRoot('node_modules/.cache/');
    mkdirSync(cache, { recursive: true });
    const folder = mkdtempSync(join(cache, 'docs-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

    // The files of examples are checked with the project: some have neighbours.
    const snippets = blocks.filter(({ language, example, text }) => {
      return language === 'ts' && (example === undefined || !text.includes(" from './"));
    });
    const files = snippets.map(({ page: path, line, text }) => {
      const name = `${path.replaceAll('/', '_')}_line_${line}.ts`;
      write(name, `${text}\nexport {};\n`);
      return name;
    });
    write('ambient.d.ts', AMBIENT);
    write('package.json', '{ "type": "module" }');
    // node_modules may be a link to elsewhere.
    const compilerOptions = { rootDir: '/' };
    const config = { extends: inRoot('tsconfig.json'), compilerOptions, include: [], exclude: [] };
    write('tsconfig.json', JSON.stringify({ ...config, files: ['ambient.d.ts', ...files] }));

    const tsc = inRoot('node_modules/typescript/bin/tsc');
    const run = { cwd: folder, encoding: 'utf8' } as const;
    const { stdout } = spawnSync(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], run);
    // What the blocks import is checked with the project.
    const errors = stdout.split('\n').filter((line) => !line.startsWith('../'));
    expect(files.length).toBeGreaterThan(10);
    expect(errors.join('\n').trim()).toBe('');
  });
});

describe('docs/lifecycle.md', () => {
  const lifecycle = page('docs/lifecycle.md');

  test('shows the machines as they are: run `npm run docs` after a change to one', () => {
    expect(lifecycle.text).toBe(regenerate(lifecycle.text));
  });

  test('says what each effect does and what each reason means', () => {
    expect([...lifecycle.rows.keys()]).toEqual(
      expect.arrayContaining([...SESSION_EFFECTS, ...END_REASONS]),
    );
  });
});

describe('docs/architecture.md', () => {
  const { prose } = page('docs/architecture.md');

  // Some of the files are still to be made. When the last one is there this fails, as a plain test
  // it passes.
  test('names files that there are, and functions in them', () => {
    const files = inCode(prose).filter((code) => /^[\w/]+\.ts$/.test(code));
    const legs = Array.from(prose.matchAll(/^\| `([\w/]+\.ts)` +\|([^|]*)\|/gm));
    const unknown = legs
      .filter(([, file = '']) => isThere(file))
      .flatMap(([, file = '', names = '']) =>
        inCode(names)
          .filter((name) => !new RegExp(`\\b${name}\\b`).test(read(whole(file))))
          .map((name) => `${file}: ${name}`),
      );
    expect(legs.length).toBeGreaterThan(15);
    expect([...files.filter((file) => !isThere(file)), ...unknown]).toEqual([]);
  });

  test('has a line for each room', () => {
    const { rows } = page('docs/architecture.md');
    const named = [...rows.keys()].filter((name) => name in ROOMS);
    expect(named.toSorted()).toEqual(
      Object.keys(ROOMS)
        .filter((room) => room !== 'top')
        .toSorted(),
    );
  });
});

describe('docs/errors.md', () => {
  const errors = page('docs/errors.md');
  // A type has no members at run time: they are read where they are written.
  const [, thrown = ''] = /type ErrorCode =(.*?);/s.exec(read('src/base/errors.ts')) ?? [];
  const codes = Array.from(thrown.matchAll(/'([a-z-]+)'/g), ([, code]) => code!);

  test('has one heading for each code and reason, and none for others', () => {
    // A code may be both: what a client is told, and what is thrown.
    const expected = [...new Set([...Object.keys(REFUSALS), ...codes, ...DEAD_LETTER_REASONS])];
    const headings = errors.headings.filter((heading) => heading.startsWith('`'));
    expect(codes).toContain('bad-option');
    expect(headings.toSorted((a, b) => a.localeCompare(b))).toEqual(
      expected.map((code) => `\`${code}\``).toSorted((a, b) => a.localeCompare(b)),
    );
  });

  test.each(Object.entries(REFUSALS))('%s: status, JSON-RPC code and text', (code, refusal) => {
    const { status, rpcCode, message } = refusal;
    const [, line] = errors.section(`### \`${code}\``).split('\n');
    expect(line).toBe(`${status} · ${rpcCode} · ${message}`);
  });
});

describe('docs/cluster.md', () => {
  const { rows } = page('docs/cluster.md');
  const settings = settleCluster({ secret: 'x'.repeat(32) });
  const defaults = Object.entries(settings).filter(([, value]) => typeof value === 'number');

  test('has a row for each option', () => {
    const options = [...Object.keys(CLUSTER_NAMES), 'prefix', 'timeoutMs', 'direct'];
    expect([...rows.keys()]).toEqual(expect.arrayContaining(options));
  });

  test.each(defaults)('%s: its default is %d', (name, value) => {
    expect(valueOf(rows.get(name)?.[0] ?? '')).toBe(value);
  });
});

describe('docs/limits.md', () => {
  const { rows } = page('docs/limits.md');

  test.each(Object.entries(DEFAULT_LIMITS))('%s: its default is %d', (name, value) => {
    expect(valueOf(rows.get(name)?.[0] ?? '')).toBe(value);
  });

  test('has a row for each option', () => {
    const [, body = ''] =
      /interface RuntimeOptions.*?\{(.*?)^\}/ms.exec(read('src/options.ts')) ?? [];
    const options = Array.from(body.matchAll(/readonly (\w+)\??:/g), ([, name]) => name!);
    expect(options).toContain('server');
    expect([...rows.keys()]).toEqual(expect.arrayContaining(options));
  });

  test('names counters that exist', () => {
    const stats = createRuntime({ server: () => new FakeServer() }).stats();
    const known = { ...stats, limits: DEFAULT_LIMITS, refusals: REFUSALS };
    // `refusals['body-too-deep']`, `limits.maxQueue`, `orphans`
    const counters = Object.keys(DEFAULT_LIMITS).map((name) => rows.get(name)?.[3] ?? '');
    const unknown = counters.filter((counter) => {
      const names = counter.match(/[\w-]+/g) ?? [''];
      return counter !== 'none' && names.reduce(memberOf, known) === undefined;
    });
    expect(unknown).toEqual([]);
  });
});

describe('docs/events.md', () => {
  const events = page('docs/events.md');

  test('has a heading for each event', () => {
    const [, body = ''] =
      /interface RuntimeEvents \{(.*?)^\}/ms.exec(read('src/events/events.ts')) ?? [];
    const names = Array.from(body.matchAll(/^ {2}'?([\w.]+)'?:/gm), ([, name]) => name!);
    expect(names).toContain('session.started');
    expect(events.headings.filter((heading) => heading.startsWith('`'))).toEqual(
      names.map((name) => `\`${name}\``),
    );
  });

  test('has a row for each field of the stats', () => {
    const stats = createRuntime({ server: () => new FakeServer() }).stats();
    expect([...events.rows.keys()]).toEqual(Object.keys(stats));
  });
});

function inCode(text: string): string[] {
  return Array.from(text.matchAll(/`([^`]+)`/g), ([, code]) => code!);
}

/** A path as docs/architecture.md gives it, from the root. */
function whole(file: string): string {
  return /^(?:machines|test)\//.test(file) ? file : `src/${file}`;
}

function isThere(file: string): boolean {
  return existsSync(inRoot(whole(file)));
}

function memberOf(from: unknown, name: string): unknown {
  return Object(from)[name];
}

/** `4 MiB`, `20 000`, `60 s`, `5 min` or `Infinity` as the number it is. */
function valueOf(text: string): number {
  const [, number = '', unit = ''] = /^(Infinity|[\d ]*\d) ?(\w*)$/.exec(text) ?? [];
  const factor =
    { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, ms: 1, s: 1000, min: 60_000, h: 3_600_000 }[unit] ?? NaN;
  return Number(number.replaceAll(' ', '')) * factor;
}
