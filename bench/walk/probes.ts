import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A function that has a probe: its number is its place in the list. */
export interface Probed {
  /** The source file it stands in, from the root: `src/http/endpoint.ts`. */
  readonly file: string;
  /** As the engine calls it; empty where it has no name. */
  readonly name: string;
}

/** What node writes into the folder that NODE_V8_COVERAGE names, as far as it is read here. */
interface Coverage {
  readonly result: readonly { readonly url: string; readonly functions: readonly Covered[] }[];
}

interface Covered {
  readonly functionName: string;
  readonly ranges: readonly { readonly startOffset: number; readonly endOffset: number }[];
}

/**
 * Puts a probe at the beginning of each function of a built copy.
 *
 * The engine is the parser: where functions begin and end is taken from its coverage of a run.
 * Only the end of the parameters is looked for here, as esbuild prints them: in parentheses.
 *
 * @param coverage the folder node wrote it to
 * @param dist the copy; what stands elsewhere (packages, the child itself) gets no probe
 */
export function probe(coverage: string, dist: string): Probed[] {
  const probed: Probed[] = [];
  const scripts = readdirSync(coverage).flatMap(
    (name) => (JSON.parse(readFileSync(join(coverage, name), 'utf8')) as Coverage).result,
  );
  for (const { url, functions } of scripts) {
    const path = url.startsWith('file:') ? fileURLToPath(url) : '';
    if (!path.startsWith(dist)) continue;
    const text = readFileSync(path, 'utf8');
    const file = relative(dist, path).replaceAll('\\', '/').replace(/\.js$/, '.ts');
    const edits: [at: number, insert: string][] = [];
    for (const { functionName, ranges } of functions) {
      const { startOffset, endOffset } = ranges[0]!;
      // The module itself, and the initialisers of a class's fields: nobody calls these.
      if (endOffset === text.length || text.startsWith('class', startOffset)) continue;
      const body = bodyOf(text, startOffset);
      if (body === undefined) throw new Error(`${file}: no body of ${functionName}`);
      const call = `globalThis.entered?.push(${probed.length})`;
      probed.push({ file, name: functionName });
      if (body.isBlock) edits.push([body.at, `${call};`]);
      else edits.push([body.at, `(${call},`], [endOffset, ')']);
    }
    writeFileSync(path, edited(text, edits));
  }
  return probed;
}

interface Body {
  readonly at: number;
  readonly isBlock: boolean;
}

/** Before the parameters: a name, a computed or quoted one, and what may stand before it. */
const HEAD = /(?:(?:async|get|set|static|function)\b ?)*\*? ?(?:[\w$#]+|\[[^(]*?\]|"[^"]*")? ?\(/y;
/** After them. */
const BEGIN = / ?(?:=> ?\{|=> ?|\{)/y;
const TOKEN = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*.*?\*\/|\/\/[^\n]*|[()]/gs;

/**
 * Where the body of the function that begins at an offset begins: behind its brace, or at the
 * expression that an arrow returns.
 */
function bodyOf(text: string, start: number): Body | undefined {
  HEAD.lastIndex = start;
  if (!HEAD.test(text)) return undefined;
  BEGIN.lastIndex = closing(text, HEAD.lastIndex);
  const [begin] = BEGIN.exec(text) ?? [];
  return begin === undefined ? undefined : { at: BEGIN.lastIndex, isBlock: begin.endsWith('{') };
}

/** The offset behind the parenthesis that closes the one before an offset. */
function closing(text: string, from: number): number {
  TOKEN.lastIndex = from;
  for (let depth = 1; depth > 0;) {
    const [token] = TOKEN.exec(text) ?? [];
    if (token === undefined) throw new Error(`no end of the parameters at ${from}`);
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
  }
  return TOKEN.lastIndex;
}

function edited(text: string, edits: readonly [at: number, insert: string][]): string {
  // At one offset, what ends there comes before what begins there.
  const ordered = edits.toSorted(([a, left], [b, right]) => a - b || left.length - right.length);
  let [result, from] = ['', 0];
  for (const [at, insert] of ordered) {
    result += text.slice(from, at) + insert;
    from = at;
  }
  return result + text.slice(from);
}
