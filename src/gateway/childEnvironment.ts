/** What a program needs to find itself and its user; nothing that may be a secret of ours. */
const NAMES =
  process.platform === 'win32'
    ? 'APPDATA HOMEDRIVE HOMEPATH LOCALAPPDATA PATH PROCESSOR_ARCHITECTURE PROGRAMFILES SYSTEMDRIVE SYSTEMROOT TEMP USERNAME USERPROFILE'
    : 'HOME LOGNAME PATH SHELL TERM USER';

/** The variables of this process that a child process is started with, beside those it is given. */
export function childEnvironment(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of NAMES.split(' ')) {
    const value = process.env[name];
    // A shell's exported function is code, and begins like this.
    if (value !== undefined && !value.startsWith('()')) kept[name] = value;
  }
  return kept;
}
