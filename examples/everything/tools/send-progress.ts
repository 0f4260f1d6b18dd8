import type { RequestExtra } from '../request-extra.ts';

/** Reports progress to a client that asked for it; otherwise does nothing. */
export async function sendProgress(
  extra: RequestExtra,
  progress: number,
  total: number,
  message?: string,
): Promise<void> {
  const progressToken = extra._meta?.progressToken;
  // Compared with undefined: 0 is a token.
  if (progressToken === undefined) return;
  await extra.sendNotification({
    method: 'notifications/progress',
    params: { progressToken, progress, total, ...(message !== undefined && { message }) },
  });
}
