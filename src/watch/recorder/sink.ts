/** Where the text of a recording goes. Each call is made when the last one is done. */
export interface Sink {
  /** Takes whole lines. */
  write(text: string): void | Promise<void>;
  /** Puts the text written so far aside; the next text begins a new file. */
  rotate?(): Promise<void>;
  close?(): Promise<void>;
}
