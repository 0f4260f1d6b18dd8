import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Reads `+group` and `-group` lines. Its pipe ends when the gateway does, however that ends, and
 * then it ends every group that is still on its list: SIGTERM, and a second later SIGKILL.
 */
const SCRIPT = `
trap '' HUP INT TERM
groups=' '
while read -r line; do
  group=\${line#?}
  case $line in
    +*) groups="$groups$group " ;;
    -*) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
left=
for group in $groups; do kill -TERM "-$group" && left=yes; done 2>/dev/null
if [ -n "$left" ]; then sleep 1; fi
for group in $groups; do kill -KILL "-$group"; done 2>/dev/null
`;

/**
 * Ends the children of a gateway that was killed. One small shell for the whole process, in a
 * session of its own, there while there are children. A gateway that ends its children itself
 * leaves it nothing to do.
 */
class Reaper {
  readonly #groups = new Set<number>();
  #shell: ChildProcess | null = null;

  add(group: number): void {
    this.#groups.add(group);
    if (this.#shell === null) this.#start();
    else this.#shell.stdin?.write(`+${group}\n`);
  }

  remove(group: number): void {
    if (!this.#groups.delete(group)) return;
    this.#shell?.stdin?.write(`-${group}\n`);
    if (this.#groups.size > 0) return;
    this.#shell?.stdin?.end();
    this.#shell = null;
  }

  #start(): void {
    const shell = spawn('/bin/sh', ['-c', SCRIPT], {
      stdio: ['pipe', 'ignore', 'ignore'],
      // In a session of its own Ctrl-C, which is meant for the gateway, does not reach it.
      detached: true,
      env: { PATH: process.env['PATH'] ?? '' },
    });
    this.#shell = shell;
    shell.on('error', () => this.#lost(shell, false));
    shell.on('exit', (_code, signal) => this.#lost(shell, signal !== null));
    shell.stdin.on('error', () => {});
    shell.unref();
    (shell.stdin as unknown as { unref(): void }).unref();
    for (const group of this.#groups) shell.stdin.write(`+${group}\n`);
  }

  /** Somebody killed it: the next one takes the list. One that fails by itself would fail again. */
  #lost(shell: ChildProcess, wasKilled: boolean): void {
    if (this.#shell !== shell) return;
    this.#shell = null;
    if (wasKilled) this.#start();
  }
}

/** Of this process: its pipe is what tells the end of it. */
export const reaper = new Reaper();
