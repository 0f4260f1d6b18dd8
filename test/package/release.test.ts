import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string, folder = ROOT): string => readFileSync(join(folder, path), 'utf8');

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
}

const manifestOf = (folder = ROOT): Manifest =>
  JSON.parse(read('package.json', folder)) as Manifest;

/** A copy of what a release changes. */
function copied(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-actors-release-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const path of ['package.json', 'CHANGELOG.md', '.changeset', '.ci']) {
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  }
  return folder;
}

/** Runs .ci/address.mjs where these variables are all that is known. */
function address(folder: string, env: Readonly<Record<string, string>>) {
  const run = { cwd: folder, env, encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync(process.execPath, ['.ci/address.mjs'], run);
  return { status, stderr };
}

const VERSION = manifestOf().version;
const HERE = {
  GITHUB_SERVER_URL: 'https://forge.test',
  GITHUB_REPOSITORY: 'owner/name',
  GITHUB_REF_NAME: `v${VERSION}`,
};

describe('.ci/address.mjs', () => {
  it('U21: writes where the package lives, and changes nothing else', () => {
    const folder = copied();
    expect(address(folder, HERE)).toEqual({ status: 0, stderr: '' });
    expect(manifestOf(folder)).toEqual({
      ...manifestOf(),
      repository: { type: 'git', url: 'git+https://forge.test/owner/name.git' },
      homepage: 'https://forge.test/owner/name#readme',
      bugs: { url: 'https://forge.test/owner/name/issues' },
    });
  });

  it.each([
    ['without an address', { GITHUB_REF_NAME: `v${VERSION}` }, /^GITHUB_SERVER_URL and .*\.\n$/],
    ['for the tag of another version', { ...HERE, GITHUB_REF_NAME: 'v99.0.0' }, /^The tag is v99/],
  ])('writes nothing %s, and says why', (_what, env, sentence) => {
    const folder = copied();
    expect(address(folder, env)).toEqual({
      status: 1,
      stderr: expect.stringMatching(sentence) as string,
    });
    expect(read('package.json', folder)).toBe(read('package.json'));
  });
});

describe('package.json', () => {
  it('is as npm would have it: nothing is corrected when it is published', () => {
    const folder = copied();
    execFileSync('npm', ['pkg', 'fix'], { cwd: folder, stdio: 'ignore' });
    expect(manifestOf(folder)).toEqual(manifestOf());
  });
});

describe('changesets', () => {
  it('turn into a version and an entry of the changelog, above the last', () => {
    const folder = copied();
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const change = '---\n"mcp-actors": minor\n---\n\n`serve` takes a name.\n';
    writeFileSync(join(folder, '.changeset/a-name.md'), change);
    const git = ['-c', 'user.name=t', '-c', 'user.email=t@localhost'];
    execFileSync('git', ['init', '-q', '-b', 'main'], { cwd: folder });
    execFileSync('git', ['add', '.'], { cwd: folder });
    execFileSync('git', [...git, 'commit', '-q', '-m', 'before'], { cwd: folder });
    const program = join(ROOT, 'node_modules/@changesets/cli/bin.js');
    execFileSync(process.execPath, [program, 'version'], { cwd: folder, stdio: 'ignore' });
    const [major, minor] = VERSION.split('.').map(Number);
    const next = `${major}.${minor! + 1}.0`;
    expect(manifestOf(folder)).toEqual({ ...manifestOf(), version: next });
    const before = read('CHANGELOG.md');
    const [above, below] = read('CHANGELOG.md', folder).split(`\n## ${VERSION}\n`);
    expect(above).toContain(`## ${next}\n`);
    expect(above).toContain('`serve` takes a name.');
    expect(below).toBe(before.split(`\n## ${VERSION}\n`)[1]);
  });
});

describe('workflows', () => {
  const [ci, release] = ['ci', 'release'].map((name) => read(`.github/workflows/${name}.yml`));

  it('run .ci/run on Node 20, 22 and 24, the oldest of which is the one we ask for', () => {
    expect(ci).toMatch(/^ +node: \[20, 22, 24\]$/m);
    expect(manifestOf().engines.node).toMatch(/^>=20\b/);
    expect(ci).toMatch(/^ +- run: \.ci\/run$/m);
  });

  it('use no action without its major version', () => {
    const used = [ci, release].flatMap((text) =>
      Array.from(text!.matchAll(/uses: (\S+)/g), ([, action]) => action!),
    );
    expect(used.length).toBeGreaterThan(3);
    const loose = used.filter((each) => !/^\.\/|@v\d+$/.test(each));
    expect(loose).toEqual([]);
  });

  it('publish what CI has passed, with a provenance and no token', () => {
    const [, job = ''] = release!.split(/^ {2}publish:$/m);
    expect(release).toMatch(/^ {2}ci:\n +uses: \.\/\.github\/workflows\/ci\.yml$/m);
    expect(job).toMatch(/^ +needs: ci$/m);
    expect(job).toMatch(/^ +id-token: write$/m);
    const steps = Array.from(job.matchAll(/^ +- run: (.*)$/gm), ([, command]) => command);
    expect(steps).toEqual(['npm ci', 'node .ci/address.mjs', 'npm publish --provenance']);
    expect(release).not.toMatch(/secrets\.|NODE_AUTH_TOKEN/);
  });
});
