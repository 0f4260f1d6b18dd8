import type { RequestHead } from '../wire/headers.ts';
import { isObject } from '../wire/jsonrpc.ts';
import { decoded, valueOf } from './classify.ts';

/** An argument of a tool that its callers repeat in a header `Mcp-Param-…`. */
export interface ParamHeader {
  readonly header: string;
  /** Where the argument is: the names of the properties that lead to it. */
  readonly path: readonly string[];
}

/** Deepest property that can carry a declaration: schemas come from the server behind. */
const MAX_DEPTH = 8;

const SCALARS: ReadonlySet<unknown> = new Set(['string', 'integer', 'boolean', 'number']);

/** Finds the arguments that a tool's input schema declares `x-mcp-header` for. */
export function paramHeadersOf(schema: unknown): readonly ParamHeader[] {
  const found: ParamHeader[] = [];
  collect(schema, [], found);
  return found;
}

function collect(schema: unknown, path: readonly string[], found: ParamHeader[]): void {
  if (!isObject(schema) || !isObject(schema['properties']) || path.length >= MAX_DEPTH) return;
  for (const [key, property] of Object.entries(schema['properties'])) {
    if (!isObject(property)) continue;
    const name = property['x-mcp-header'];
    if (typeof name === 'string' && SCALARS.has(property['type'])) {
      found.push({ header: `mcp-param-${name.toLowerCase()}`, path: [...path, key] });
    }
    collect(property, [...path, key], found);
  }
}

/** Whether each argument that is declared and given is in its header, too, and says the same. */
export function agree(declared: readonly ParamHeader[], args: unknown, head: RequestHead): boolean {
  return declared.every(({ header, path }) => {
    const value = at(args, path);
    if (typeof value !== 'string' && typeof value !== 'boolean' && typeof value !== 'number') {
      return true;
    }
    const sent = valueOf(head, header);
    const text = sent === undefined ? undefined : decoded(sent);
    if (text === undefined) return false;
    return typeof value === 'number' ? isSameNumber(text, value) : text === String(value);
  });
}

function at(args: unknown, path: readonly string[]): unknown {
  let value = args;
  for (const key of path) {
    value = isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
  }
  return value;
}

function isSameNumber(text: string, value: number): boolean {
  return text.trim() !== '' && Number(text) === value;
}
