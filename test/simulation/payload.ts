/** What every payload of a simulated server carries: whose it is, and what it was made of. */
export interface Payload {
  readonly sid: string;
  readonly who: string;
  readonly nonce: number;
  /** The number of the incarnation that said it. */
  readonly epoch: number;
  /** The state it was made of; `undefined` in what is no answer. */
  readonly tokens: readonly number[] | undefined;
}

/** Text without quotes, so that it is the same in JSON. */
export function payloadText({ sid, who, nonce, epoch, tokens }: Payload): string {
  return `@${sid};${who};${nonce};${epoch};${tokens?.join(',') ?? '-'}@`;
}

/** The payloads in a text. */
export function payloadsIn(text: string): Payload[] {
  if (!text.includes('@')) return [];
  return Array.from(text.matchAll(/@([^;@]+);([^;@]+);(\d+);(\d+);([\d,-]*)@/g), (match) => {
    const [, sid = '', who = '', nonce, epoch, tokens = ''] = match;
    return {
      sid,
      who,
      nonce: Number(nonce),
      epoch: Number(epoch),
      tokens: tokens === '-' ? undefined : tokens.split(',').filter(Boolean).map(Number),
    };
  });
}
