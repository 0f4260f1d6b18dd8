import type { Directory } from './directory.ts';

/** What a digest looks like. */
const KEY = /^[0-9a-z]{12,14}$/;
const PAGE = 1000;

/**
 * The principal that somebody means who has read a list or an event, where principals are shown by
 * a name that may be logged; any other text is a principal as it is.
 *
 * @throws whatever a durable store failed with
 */
export async function principalOf(directory: Directory, shown: string): Promise<string> {
  if (!KEY.test(shown)) return shown;
  const { keeper, services } = directory;
  for (const { principal } of directory.residents()) {
    if (principal === shown) return shown;
    if (principal !== undefined && services.principalKey(principal) === shown) return principal;
  }
  for (let after: string | undefined; ;) {
    const query = { limit: PAGE, ...(after !== undefined && { after }) };
    const { records, next } = await keeper.reads.page(query);
    for (const { principal } of records) {
      if (principal !== undefined && services.principalKey(principal) === shown) return principal;
    }
    if (next === undefined) return shown;
    after = next;
  }
}
