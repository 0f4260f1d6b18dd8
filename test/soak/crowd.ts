/** A client's session: its id, and what its state was last seen to be. */
interface Member {
  readonly id: string;
  readonly owner: string;
  claimed: boolean;
}

const VERSION = '2025-11-25';
/** After this time a client gives a request up. */
const PATIENCE_MS = 8000;
/** What was not done in time is not made up for beyond this. */
const BEHIND_MS = 2000;

export interface CrowdOptions {
  readonly url: string;
  readonly members: number;
  /** Clients that are at it at any moment, at most. */
  readonly atOnce: number;
  /**
   * What is begun each second. The same all the time, however busy the machine is: a server that is
   * given more to do holds more, and that is no leak.
   */
  readonly perSecond: number;
  readonly random: () => number;
}

/** What a crowd does to a server, and what came of it. */
export interface Outcomes {
  answered: number;
  /** Requests that the network broke, or that took too long. */
  broken: number;
  /** Sessions that the server no longer knew: left alone for too long, or ended under a fault. */
  lost: number;
  refused: number;
  /** Answers that hold what another client said: none may be. */
  foreign: number;
}

/**
 * Clients that open sessions, use them, leave in the middle of things and come back, so many at a
 * time. Each checks that it gets its own bytes and no other's.
 */
export class Crowd {
  readonly outcomes: Outcomes = { answered: 0, broken: 0, lost: 0, refused: 0, foreign: 0 };
  readonly #url: string;
  readonly #members: (Member | null)[];
  readonly #random: () => number;
  readonly #everyMs: number;
  readonly #workers: Promise<void>[];
  /** When the next one may begin. */
  #next = performance.now();
  #isOver = false;
  #count = 0;

  constructor({ url, members, atOnce, perSecond, random }: CrowdOptions) {
    this.#url = url;
    this.#random = random;
    this.#everyMs = 1000 / perSecond;
    this.#members = Array.from({ length: members }, () => null);
    this.#workers = Array.from({ length: atOnce }, () => this.#work());
  }

  /** How many clients have a session. */
  get size(): number {
    return this.#members.filter((each) => each !== null).length;
  }

  /** Everybody stops; those who have a session end it. */
  async leave(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#workers);
    for (let i = 0; i < this.#members.length; i += 50) {
      await Promise.all(this.#members.slice(i, i + 50).map((_, j) => this.#end(i + j)));
    }
  }

  async #work(): Promise<void> {
    while (!this.#isOver) {
      await this.#turn();
      const place = Math.floor(this.#random() * this.#members.length);
      const member = this.#members[place];
      try {
        if (member === undefined) continue;
        if (member === null) await this.#open(place);
        else await this.#use(place, member);
      } catch {
        // The proxy breaks requests; what the server made of them shows in the figures.
        this.outcomes.broken++;
      }
    }
  }

  /** Waits for the turn of whoever asks. */
  async #turn(): Promise<void> {
    const now = performance.now();
    this.#next = Math.max(this.#next + this.#everyMs, now - BEHIND_MS);
    const ms = this.#next - now;
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
  }

  async #open(place: number): Promise<void> {
    const owner = `client-${++this.#count}`;
    const params = {
      protocolVersion: VERSION,
      capabilities: {},
      clientInfo: { name: owner, version: '1.0.0' },
    };
    const response = await this.#post({ id: 0, method: 'initialize', params });
    await response.text();
    const id = response.headers.get('mcp-session-id');
    if (id === null) return void this.outcomes.refused++;
    this.#members[place] = { id, owner, claimed: false };
    await (await this.#post({ method: 'notifications/initialized' }, id)).text();
  }

  async #use(place: number, member: Member): Promise<void> {
    const dice = this.#random() * 100;
    if (dice < 50) await this.#ask(place, member, 'echo', { text: member.owner }, member.owner);
    else if (dice < 60) {
      const claim = { owner: member.owner };
      // What was refused has claimed nothing.
      if (await this.#ask(place, member, 'claim', claim, member.owner)) member.claimed = true;
    } else if (dice < 75) {
      await this.#ask(place, member, 'owner', {}, member.claimed ? member.owner : '');
    } else if (dice < 82) await this.#ask(place, member, 'large', {}, undefined);
    else if (dice < 88) await this.#ask(place, member, 'story', {}, 'end');
    else if (dice < 92) await this.#ask(place, member, 'own', {}, 'owned');
    else if (dice < 97) await this.#listen(member);
    else if (dice < 99) await this.#end(place);
    // Left without a word: the server lets go of the session when its time is over.
    else this.#members[place] = null;
  }

  /** @returns whether the tool has answered */
  async #ask(
    place: number,
    { id }: Member,
    name: string,
    args: object,
    expected: string | undefined,
  ): Promise<boolean> {
    const params = { name, arguments: args };
    const response = await this.#post({ id: 1, method: 'tools/call', params }, id);
    const text = await response.text();
    if (response.status === 404) {
      this.#members[place] = null;
      this.outcomes.lost++;
      return false;
    }
    if (response.status !== 200) {
      this.outcomes.refused++;
      return false;
    }
    const said = /"text":"([^"]*)"/.exec(text)?.[1];
    if (said === undefined) {
      this.outcomes.broken++;
      return false;
    }
    this.outcomes.answered++;
    // A claim that the network broke may have been heard all the same.
    if (said === expected || expected === undefined || expected === '') return true;
    this.outcomes.foreign++;
    console.log(`${name}: ${said.slice(0, 100)}, not ${expected}`);
    return true;
  }

  /** Opens the GET stream, and leaves a moment later. */
  async #listen({ id }: Member): Promise<void> {
    const response = await fetch(this.#url, {
      headers: { accept: 'text/event-stream', 'mcp-session-id': id },
      signal: AbortSignal.timeout(100 + this.#random() * 1000),
    });
    await response.text().catch(() => {});
  }

  async #end(place: number): Promise<void> {
    const member = this.#members[place];
    this.#members[place] = null;
    if (member === null || member === undefined) return;
    const headers = { 'mcp-session-id': member.id };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    await fetch(this.#url, { method: 'DELETE', headers, signal }).then(
      (response) => response.text(),
      () => this.outcomes.broken++,
    );
  }

  #post(message: object, id?: string): Promise<Response> {
    return fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(id !== undefined && { 'mcp-session-id': id, 'mcp-protocol-version': VERSION }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', ...message }),
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
  }
}
