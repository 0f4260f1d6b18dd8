/** The path of a request target. */
export function pathOf(target = ''): string {
  const end = target.indexOf('?');
  return end < 0 ? target : target.slice(0, end);
}

/** The query of a request target, without its `?`. */
export function queryOf(target = ''): string {
  const end = target.indexOf('?');
  return end < 0 ? '' : target.slice(end + 1);
}
