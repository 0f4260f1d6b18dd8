import { type ChildProcess, spawn } from 'node:child_process';

/**
 * The shell script of the reaper. It reads `+group` and `-group` lines from a pipe that ends when
 * the gateway does, however the gateway ends, and then ends every group still on its list: SIGTERM,
 * and a second later SIGKILL.
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
 * Ends the child processes of a gateway that was killed, by one small shell for the whole gateway,
 * in a process session of its own, which runs while there are children. A gateway that ends its
 * children itself leaves the shell nothing to do.
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
      // Ctrl-C is meant for the gateway and does not reach a shell in a process session of its own.
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

  /** A killed shell's list goes to the next. A shell that fails by itself would fail again. */
  #lost(shell: ChildProcess, wasKilled: boolean): void {
    if (this.#shell !== shell) return;
    this.#shell = null;
    if (wasKilled) this.#start();
  }
}

/** The reaper of this process: the pipe between both tells the reaper of the process's end. */
export const reaper = new Reaper();
