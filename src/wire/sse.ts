/** Frames of an event stream. JSON text holds no raw line breaks, so one `data` line is enough. */

export const KEEP_ALIVE = ': keep-alive\n\n';

export const STREAM_HEADERS = [
  'Content-Type',
  'text/event-stream',
  'Cache-Control',
  'no-cache, no-transform',
  'X-Accel-Buffering',
  'no',
];

export function messageFrame(json: string, id?: string): string {
  return id === undefined
    ? `event: message\ndata: ${json}\n\n`
    : `event: message\nid: ${id}\ndata: ${json}\n\n`;
}

/** The first event of a 2024-11-05 stream: where the client posts to (row H1). */
export function endpointFrame(uri: string): string {
  return `event: endpoint\ndata: ${uri}\n\n`;
}

/** Tells how soon to come back, and is no event. */
export function retryFrame(sseRetryMs: number): string {
  return `retry: ${sseRetryMs}\n\n`;
}

/** An event with an id to resume from before any message, and how soon to come back (row P12). */
export function primingFrame(id: string, sseRetryMs: number): string {
  return `id: ${id}\nretry: ${sseRetryMs}\ndata: \n\n`;
}
