declare module 'morgan-1.10' {
  import type { RequestHandler } from 'express';

  /** Logs requests. */
  export default function morgan(
    format: string,
    options: { readonly stream: { write(line: string): void } },
  ): RequestHandler;
}
