/** Name and version a client or server gave of itself in the handshake. */
export interface Implementation {
  readonly name: string;
  readonly version: string;
  readonly [key: string]: unknown;
}
