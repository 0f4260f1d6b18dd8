import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { crossings, roomOf, ROOMS } from './support/rooms.ts';
import { closureOf, codeOf, filesBelow, importsOf, isThere, readJson } from './support/sources.ts';

const MACHINES = filesBelow('machines');
/** An engine plugs in behind an entry of its own. */
const ENGINES = /^src\/store\/lmdb/;
const isCore = (file: string): boolean =>
  file.startsWith('src/') && ROOMS['top']!.includes(roomOf(file)) && !ENGINES.test(file);
/** The program is an entry of its own. */
const CORE = [...filesBelow('src', false), ...filesBelow('src').filter(isCore)].filter(
  (file) => file !== 'src/cli/bin.ts',
);
const ALL = [...MACHINES, ...filesBelow('src')];
const SDK = '@modelcontextprotocol/';

interface TsConfig {
  readonly compilerOptions: { readonly paths: Record<string, readonly string[]> };
}

const text = ({ from, to }: { from: string; to: string }): string => `${from} → ${to}`;

/** Who loads a package, or any part of it. */
function doorsTo(name: string): string[] {
  const doors = ALL.flatMap(importsOf)
    .filter(({ to, isType }) => !isType && (to === name || to.startsWith(`${name}/`)))
    .map(({ from }) => from);
  return [...new Set(doors)];
}

describe('rooms', () => {
  // Types included.
  it('import rooms below them', () => {
    const upward = crossings().filter(({ isAllowed }) => !isAllowed);
    expect(upward.map(({ files }) => files).toSorted()).toEqual([]);
  });

  it('are one way: nothing a room may import may import the room', () => {
    const circles = Object.entries(ROOMS).filter(([room, below]) =>
      below.some((each) => ROOMS[each]!.includes(room)),
    );
    expect(circles).toEqual([]);
  });
});

describe('machines/', () => {
  it('imports xstate and its own files, and nothing else', () => {
    const others = MACHINES.flatMap(importsOf).filter(
      ({ to }) => !/^xstate(?:\/graph)?$/.test(to) && !to.startsWith('machines/'),
    );
    expect(MACHINES.length).toBeGreaterThan(2);
    expect(others.map(text)).toEqual([]);
  });
});

describe('the root entry', () => {
  const closure = closureOf('src/index.ts');
  const loaded = [...closure.keys()];

  it('is read right: it reaches the core', () => {
    expect(loaded).toEqual(
      expect.arrayContaining(['src/actor/supervisor.ts', 'src/session/mailbox.ts', 'xstate']),
    );
  });

  it('loads no module of node and no ws, by whatever way', () => {
    const forbidden = loaded.filter((to) => to.startsWith('node:') || to === 'ws');
    expect(forbidden.map((to) => `${closure.get(to)} → ${to}`)).toEqual([]);
  });

  it('reaches no Buffer', () => {
    const guilty = loaded.filter((file) => file.endsWith('.ts') && /\bBuffer\b/.test(codeOf(file)));
    expect(guilty).toEqual([]);
  });

  it('loads none of the rooms that plug in', () => {
    expect(loaded.filter((file) => /^src\/[^/]+\//.test(file) && !isCore(file))).toEqual([]);
  });

  it('loads these packages and no others', () => {
    const packages = loaded.filter((to) => !to.endsWith('.ts'));
    expect(packages.filter((to) => !to.startsWith(SDK)).toSorted()).toEqual([
      'eventemitter3',
      'xstate',
    ]);
  });

  it('only lists: no logic, no export *, no default', () => {
    const code = codeOf('src/index.ts');
    expect(code).not.toMatch(/export \*|export default|\b(const|function|class|let)\b/);
  });

  it('has twenty-five names at most, types included', () => {
    const lists = codeOf('src/index.ts').matchAll(/\{([^}]*)\}/g);
    const names = Array.from(lists, ([, list = '']) => list.split(',')).flat();
    expect(names.filter((name) => name.trim() !== '').length).toBeLessThanOrEqual(25);
  });

  it('loads and serves where no module of node can be loaded', async () => {
    const child = new URL('./support/withoutNode.ts', import.meta.url).pathname;
    const args = ['--import', 'tsx', child];
    const env = { ...process.env, NODE_OPTIONS: '' };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    expect(JSON.parse(stdout)).toMatchObject({
      result: { method: 'tools/list' },
      code: 'context-unavailable',
    });
  });
});

describe('core', () => {
  it('loads nothing that plugs in', () => {
    const strangers = CORE.flatMap(importsOf).filter(
      ({ to, isType }) => !isType && /^src\/[^/]+\//.test(to) && !isCore(to),
    );
    expect(strangers.map(text)).toEqual([]);
  });

  it('src/wire knows nothing but itself: pure rules', () => {
    const others = filesBelow('src/wire')
      .flatMap(importsOf)
      .filter(({ to }) => !to.startsWith('src/wire/'));
    expect(others.map(text)).toEqual([]);
  });

  it('calls no clock, no timer, no chance and no console: they come in through options', () => {
    const calls =
      /\b(Date\.now|new Date|performance\.|set(?:Timeout|Interval|Immediate)\(|Math\.random|randomUUID|console\.)/;
    const guilty = CORE.filter((file) => file !== 'src/base/clock.ts').flatMap((file) =>
      codeOf(file)
        .split('\n')
        .filter(
          (line) =>
            calls.test(line) && !/clock\.set(?:Timeout|Immediate)\(|^\s+setTimeout\(/.test(line),
        )
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(guilty).toEqual([]);
  });

  it('U20: needs neither SDK to load or to type-check: each part is loaded when it is used', () => {
    const imports = ALL.flatMap(importsOf).filter(({ to }) => to.startsWith(SDK));
    const doors = [...new Set(imports.map(({ from }) => from))];
    expect(doors.toSorted()).toEqual([
      'src/gateway/httpTransport.ts',
      'src/modern/native.ts',
      'src/session/schemaEngine.ts',
      'src/testing/sdkClient.ts',
    ]);
    // A type, or an import that runs as the file is loaded, needs the package to be there.
    const needed = doors.filter((file) => codeOf(file).includes(`from '${SDK}`));
    expect(needed).toEqual([]);
  });
});

describe('a continuation', () => {
  /** A statement that begins one, and does not say what becomes of an error in it. */
  const open =
    /^\s*(?:void |else )*\w[\w.#?]*(?:\((?:(?!return\b)[^;])*?\))?\s*\.then\((?:(?!\.catch\()[^;])*;$/m;
  /** The process ends with these. */
  const LAST = ['drainOnSignals', 'endProcess', 'ownProcess'].map(
    (name) => `src/adapters/${name}.ts`,
  );

  it('is left to nobody in no file: what follows a promise belongs to an actor, or is caught', () => {
    const guilty = ALL.filter((file) => open.test(codeOf(file)));
    expect(guilty.toSorted()).toEqual(LAST);
  });

  it.each([
    '  void closed.then(() => viewers.delete(viewer));',
    '    release().then(() => this.layDown());',
    '  else this.#running.then(\n    () => next(),\n    () => {},\n  );',
    '    this.#host?.stored().then(go);',
    '  void Promise.all(all.map(({ close }) => close())).then(leave);',
  ])('is seen where one is planted: %s', (planted) => {
    expect(open.test(planted)).toBe(true);
  });

  it.each([
    '    verdict.then(read).catch((error) => this.refuse(error));',
    '    return stored.then(go);',
    '    session.later(stored, go);',
  ])('may be %s', (harmless) => {
    expect(open.test(harmless)).toBe(false);
  });
});

describe('a package has one door', () => {
  it.each([
    ['eventemitter3', ['src/events/eventStream.ts']],
    [
      'ws',
      // Of clients, of viewers, of other nodes.
      [
        'src/adapters/webSocketLine.ts',
        'src/cluster/direct/sockets.ts',
        'src/watch/stately/sockets.ts',
      ],
    ],
    ['ioredis', ['src/redis/client.ts']],
    ['lmdb', ['src/store/lmdb/environment.ts']],
    [
      'xstate',
      [
        ...['call', 'explore', 'node', 'position', 'possible', 'session', 'step', 'supervisor'].map(
          (name) => `machines/${name}.ts`,
        ),
        // Machines of the user's run here.
        'src/machine/liveActor.ts',
      ],
    ],
  ])('%s', (name, doors) => {
    expect(doorsTo(name).toSorted()).toEqual(doors.toSorted());
  });
});

describe('OpenTelemetry', () => {
  const loaders = ALL.filter((file) =>
    importsOf(file).some(({ to, isType }) => !isType && to.startsWith('@opentelemetry/')),
  );

  it('is loaded below src/watch/metrics alone, and its API alone', () => {
    expect(loaders.filter((file) => !file.startsWith('src/watch/metrics/'))).toEqual([]);
    const loaded = loaders.flatMap(importsOf).filter(({ to }) => to.startsWith('@opentelemetry/'));
    expect(new Set(loaded.map(({ to }) => to))).toEqual(new Set(['@opentelemetry/api']));
  });

  it.each(['src/index.ts', 'src/adapters/node.ts', 'src/watch/inspector/index.ts'])(
    'is not needed by %s',
    (entry) => {
      expect([...closureOf(entry).keys()].filter((to) => loaders.includes(to))).toEqual([]);
    },
  );
});

describe('package.json', () => {
  const { exports } = readJson('package.json') as { exports: Record<string, unknown> };
  const { paths } = (readJson('tsconfig.json') as TsConfig).compilerOptions;

  /** Where compiler, tests and examples find a subpath: no list, the first file that is there. */
  function sourceOf(subpath: string): string | undefined {
    const places = subpath === '.' ? paths['mcp-actors']! : paths['mcp-actors/*']!;
    return places.map((place) => place.replace('*', subpath.slice(2))).find(isThere);
  }

  it.each(Object.entries(exports).filter(([subpath]) => subpath !== './package.json'))(
    'exports %s from what its source becomes',
    (subpath, entry) => {
      const built = sourceOf(subpath)?.replace(/^\.\/(.*)\.ts$/, './dist/$1');
      const required = subpath === './testing' && { require: './dist/src/testing/required.js' };
      expect(entry).toEqual({ types: `${built}.d.ts`, ...required, default: `${built}.js` });
    },
  );
});

describe('server.connect', () => {
  it('is called in src/session/connection.ts alone, for the servers of sessions', () => {
    const callers = CORE.filter((file) => /\bserver\.connect\(/.test(codeOf(file)));
    expect(callers).toEqual(['src/session/connection.ts']);
  });
});
