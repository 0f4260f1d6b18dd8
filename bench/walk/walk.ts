import type { Probed } from './probes.ts';

/** A run of entries of functions of one file: the call is in this file and in no other. */
export interface Stay {
  readonly file: string;
  readonly functions: readonly string[];
}

export interface Walk {
  readonly stays: readonly Stay[];
  readonly total: Count;
  /** Without `src/wire`: its pure rules are looked up, one does not go there. */
  readonly withoutWire: Count;
}

export interface Count {
  /** Functions entered. */
  readonly calls: number;
  readonly files: number;
  readonly stays: number;
  /** Stays in a file that was left before. */
  readonly returns: number;
}

export function walkOf(entered: readonly Probed[]): Walk {
  const stays = staysOf(entered);
  const withoutWire = staysOf(entered.filter(({ file }) => !file.startsWith('src/wire/')));
  return { stays, total: count(stays), withoutWire: count(withoutWire) };
}

function staysOf(entered: readonly Probed[]): Stay[] {
  const stays: { file: string; functions: string[] }[] = [];
  for (const { file, name } of entered) {
    const last = stays.at(-1);
    if (last?.file === file) last.functions.push(name);
    else stays.push({ file, functions: [name] });
  }
  return stays;
}

function count(stays: readonly Stay[]): Count {
  const files = new Set(stays.map(({ file }) => file)).size;
  const calls = stays.reduce((sum, { functions }) => sum + functions.length, 0);
  return { calls, files, stays: stays.length, returns: stays.length - files };
}
