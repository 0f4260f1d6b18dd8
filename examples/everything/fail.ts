/** Says in a sentence why there will be no server, and ends the process. */
export function fail(sentence: string, exitCode = 1): never {
  console.error(sentence);
  process.exit(exitCode);
}
