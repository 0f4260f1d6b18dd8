import type { AuthInfo } from '../wire/authInfo.ts';

/** Most characters of a caller's auth info, as JSON. */
const MAX_LENGTH = 64 * 1024;
/** How deep a value may be. */
const MAX_DEPTH = 64;

/**
 * Whether what a host knows of a caller arrives at another node as it is here: JSON of 64 KiB at most,
 * with a `URL` as `resource`. Functions, dates, instances of classes and circles do not.
 */
export function isSendable({ resource, ...others }: AuthInfo): boolean {
  if (resource !== undefined && !(resource instanceof URL)) return false;
  return isJson(others, 0) && JSON.stringify(others).length <= MAX_LENGTH;
}

/** Members that are `undefined` are not there, before and after. */
function isJson(value: unknown, depth: number): boolean {
  if (value === null || value === undefined) return depth > 0;
  if (typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) {
    return value.every((each) => each !== undefined && isJson(each, depth + 1));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return false;
  return !('toJSON' in value) && Object.values(value).every((each) => isJson(each, depth + 1));
}
