/** What node does about a rejection that nobody handles: the modes of `--unhandled-rejections`. */
export type RejectionMode = 'throw' | 'strict' | 'warn' | 'none' | 'warn-with-error-code';

const FLAG = /^--unhandled[-_]rejections(?:=(.*))?$/;

/** The mode of this process: an argument of node's comes before `NODE_OPTIONS`. */
export function rejectionMode(): RejectionMode {
  const given = [...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/), ...process.execArgv];
  let mode = 'throw';
  for (const [at, text] of given.entries()) {
    const flag = FLAG.exec(text);
    if (flag !== null) mode = flag[1] ?? given[at + 1] ?? mode;
  }
  // Node has refused to start with any other.
  return mode as RejectionMode;
}
