/** Where this library's files are; `undefined` where a bundler has put them into one file. */
const ROOT = /^(?:file:\/\/)?(.*\/)src\/adapters\/ownFrames\.[jt]s$/.exec(import.meta.url)?.[1];

/** The place that a line of a stack names: `at f (file:///a.js:1:2)`, `at async file:///a.js:1:2`. */
const PLACE = /(?:\(|at (?:async )?)(?:file:\/\/)?((?:node:|\/|[A-Za-z]:[\\/])[^()]*):\d+:\d+\)?$/;

/**
 * Whether this library threw an error: the first frame that is not node's own is one of ours. An
 * `ActorsError` is thrown for the caller, whose error it is.
 */
export function isOwnDefect(error: unknown): boolean {
  if (ROOT === undefined || !(error instanceof Error) || error.name === 'ActorsError') return false;
  const { stack } = error;
  if (typeof stack !== 'string') return false;
  for (const line of stack.split('\n')) {
    if (!/^\s+at /.test(line)) continue;
    const place = PLACE.exec(line)?.[1];
    // A function of the language threw at the data it was given, wherever that came from.
    if (place === undefined) return false;
    if (!place.startsWith('node:')) return isOwn(place);
  }
  return false;
}

function isOwn(place: string): boolean {
  const path = place.replaceAll('\\', '/');
  const inside = path.startsWith('/') ? path : `/${path}`;
  return [`${ROOT}src/`, `${ROOT}machines/`].some((folder) => inside.startsWith(folder));
}
