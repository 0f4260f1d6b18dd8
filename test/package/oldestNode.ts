import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The oldest Node that the package says it runs on: the very binary, from a package of its own. */
export class OldestNode {
  readonly version: string;
  readonly #env: NodeJS.ProcessEnv;

  /**
   * @param engines the range of `engines.node`, such as `>=20.19`
   * @param folder a place to install into
   */
  constructor(engines: string, folder: string) {
    const [, major = '', minor = '0', patch = '0'] =
      /^>=(\d+)(?:\.(\d+))?(?:\.(\d+))?$/.exec(engines) ?? [];
    this.version = `${major}.${minor}.${patch}`;
    const place = join(folder, 'oldest-node');
    mkdirSync(place);
    writeFileSync(join(place, 'package.json'), '{ "private": true }');
    const name = `node-${process.platform}-${process.arch}`;
    const npm = ['install', '--no-audit', '--no-fund', '--ignore-scripts'];
    execFileSync('npm', [...npm, `${name}@${this.version}`], { cwd: place, stdio: 'ignore' });
    const PATH = join(place, 'node_modules', name, 'bin') + delimiter + process.env['PATH'];
    this.#env = { ...process.env, PATH };
    const { stdout } = spawnSync('node', ['--version'], { env: this.#env, encoding: 'utf8' });
    if (stdout.trim() !== `v${this.version}`) throw new Error(`node is ${stdout}`);
  }

  /** Installs, by npm on this Node. @returns what it says of packages that want a newer one */
  install(cwd: string, what: readonly string[]): string[] {
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', ...what];
    const run = { cwd, env: this.#env, encoding: 'utf8' } as const;
    const { status, stdout, stderr } = spawnSync('npm', args, run);
    if (status !== 0) throw new Error(stderr + stdout);
    return (stdout + stderr).split('\n').filter((line) => line.includes('EBADENGINE'));
  }

  /** What it would say of a clone of this repository. */
  complaintsOfClone(root: string, folder: string): string[] {
    const place = join(folder, 'clone');
    mkdirSync(place);
    for (const name of ['package.json', 'package-lock.json', '.npmrc']) {
      copyFileSync(join(root, name), join(place, name));
    }
    return this.install(place, ['--dry-run']);
  }
}
