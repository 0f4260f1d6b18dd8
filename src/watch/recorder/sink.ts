/** Where the text of a recording goes. Called again only when the last call is done. */
export interface Sink {
  /** Whole lines. */
  write(text: string): void | Promise<void>;
  /** What was written so far is put aside; what comes next begins anew. */
  rotate?(): Promise<void>;
  close?(): Promise<void>;
}
