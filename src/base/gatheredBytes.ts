/** Parts smaller than this are copied into a block of this size, and larger ones are kept as they are. */
const BLOCK_BYTES = 4096;

const NOTHING = new Uint8Array();

/**
 * The parts of a body as they come, to be put together once. Holds about as many bytes as have come,
 * also where they come one by one: a buffer costs a hundred times the byte that is in it.
 */
export class GatheredBytes {
  #parts: Uint8Array[] = [];
  /** The last part, where it is a block of ours with room in it. */
  #block: Uint8Array | null = null;
  #used = 0;
  #length = 0;

  add(part: Uint8Array): void {
    this.#length += part.length;
    // Most bodies are one part.
    if (this.#parts.length === 0 || part.length >= BLOCK_BYTES) this.#keep(part);
    else this.#copy(part);
  }

  /** Gives all that has come as one, and forgets it. */
  take(): Uint8Array {
    this.#close();
    const parts = this.#parts;
    this.#parts = [];
    if (parts.length <= 1) return parts[0] ?? NOTHING;
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }

  #keep(part: Uint8Array): void {
    this.#close();
    this.#parts.push(part);
  }

  #copy(part: Uint8Array): void {
    if (this.#block === null || this.#used + part.length > BLOCK_BYTES) {
      this.#close();
      this.#block = new Uint8Array(BLOCK_BYTES);
      this.#parts.push(this.#block);
    }
    this.#block.set(part, this.#used);
    this.#used += part.length;
  }

  /** The last block gets no more: what is not used of it does not count. */
  #close(): void {
    if (this.#block === null) return;
    this.#parts[this.#parts.length - 1] = this.#block.subarray(0, this.#used);
    this.#block = null;
    this.#used = 0;
  }
}
