/** The HTTP status that a request of an SDK's client transport failed with: v1 calls it `code`. */
export function statusOf(error: unknown): number | undefined {
  const { status, code } = (error ?? {}) as { readonly status?: unknown; readonly code?: unknown };
  return [status, code].find((each) => typeof each === 'number');
}

/**
 * Finds out whether a remote server no longer knows a session. It says so with 404; but many answer
 * 400, as to any bad request, so those are asked again by a ping.
 *
 * @param error of a request on the session
 * @param ping asks on the same session; rejects where the server refuses
 */
export async function isSessionLost(
  error: unknown,
  ping: () => Promise<unknown>,
): Promise<boolean> {
  const status = statusOf(error);
  if (status !== 400) return status === 404;
  try {
    await ping();
    return false;
  } catch (again) {
    // A server that can not be reached says nothing about its sessions.
    return [400, 404].includes(statusOf(again) ?? 0);
  }
}
