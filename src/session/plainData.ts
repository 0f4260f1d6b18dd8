/** Most values looked at: a larger state is judged by its beginning. */
const MAX_LOOKS = 100_000;

const LEAVES: readonly (abstract new (...args: never[]) => object)[] = [
  Date,
  RegExp,
  ArrayBuffer,
  Error,
];

/**
 * Whether a value is data and nothing else: what `structuredClone` copies without loss. Functions,
 * instances of classes, sockets, promises and the like are not: they do not survive their process.
 */
export function isPlainData(value: unknown): boolean {
  const seen = new Set<object>();
  const rest: unknown[] = [value];
  for (let looks = 0; rest.length > 0 && looks < MAX_LOOKS; looks++) {
    const next = rest.pop();
    if (typeof next === 'function' || typeof next === 'symbol') return false;
    if (typeof next !== 'object' || next === null || seen.has(next)) continue;
    seen.add(next);
    if (!isContainer(next)) {
      if (!isLeaf(next)) return false;
      continue;
    }
    if (next instanceof Map) for (const pair of next) rest.push(...pair);
    else if (next instanceof Set) for (const each of next) rest.push(each);
    else for (const each of Object.values(next)) rest.push(each);
  }
  return true;
}

function isContainer(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  // An object without a prototype: its own shape is what counts.
  if (prototype === null || prototype === Object.prototype) return true;
  return prototype === Map.prototype || prototype === Set.prototype;
}

function isLeaf(value: object): boolean {
  return ArrayBuffer.isView(value) || LEAVES.some((leaf) => value instanceof leaf);
}
