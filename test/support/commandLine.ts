import { Program } from './program.ts';

/** A run of `mcp-actors` from its sources, ended with the test. */
export class CommandLine extends Program {
  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    super('src/cli/bin.ts', args, env);
  }
}
