/** What has come of a response. Bodies are latin-1: a character for each byte. */
export interface Received {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The response came to its end. */
  readonly isWhole: boolean;
}

/** The client of a port: it takes nothing that the test does not let it read. */
export interface PortClient {
  /** Reads until so many bytes of the body are there, or the response is over or broken. */
  read(bytes: number): Promise<Received>;
  leave(): Promise<void>;
}
