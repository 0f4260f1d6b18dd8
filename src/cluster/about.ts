/** What a node says of itself to the others, and to people. */
export interface About {
  readonly name: string | undefined;
  /** When the process began, in milliseconds since the epoch. */
  readonly since: number;
  /** How many sessions the node owns. */
  readonly owned: number;
  /** The node takes no sessions. */
  readonly isDraining: boolean;
  /** What other nodes dial; `undefined`: they can not. */
  readonly address?: string | undefined;
}

export function encodeAbout(about: About): Buffer {
  return Buffer.from(JSON.stringify(about));
}

/** What a node said of itself; `undefined` where it said nothing that can be read. */
export function decodeAbout(bytes: Buffer): About | undefined {
  try {
    const about = JSON.parse(bytes.toString()) as Partial<About>;
    const { name, since, owned, isDraining, address } = about;
    return {
      name: typeof name === 'string' ? name : undefined,
      since: Number(since),
      owned: Number(owned),
      isDraining: isDraining === true,
      address: typeof address === 'string' ? address : undefined,
    };
  } catch {
    return undefined;
  }
}
