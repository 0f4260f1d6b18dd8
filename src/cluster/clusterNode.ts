import { Deadlines } from '../base/deadlines.ts';
import type { ClusterHost, Residents } from '../directory/cluster.ts';
import type { Members } from '../directory/ownership.ts';
import type { ClusterStats } from '../events/clusterStats.ts';
import type { Elsewhere, Forwarded } from '../directory/whereabouts.ts';
import { countWaiting } from '../http/countWaiting.ts';
import type { BodyLimits } from '../wire/body.ts';
import type { ResponsePort } from '../wire/port.ts';
import type { RefusalCode } from '../wire/refusals.ts';
import { type About, encodeAbout } from './about.ts';
import { type Claim, Claims } from './claims.ts';
import {
  bootOf,
  type Engine,
  type Incarnation,
  isSpace,
  type Looked,
  type SpaceName,
} from './engine.ts';
import { statsOf } from './clusterStats.ts';
import { CountedEngine } from './countedEngine.ts';
import type { Frame } from './frame.ts';
import { Follow, type FollowHost, type Visit } from './follow.ts';
import { Ingress, type IngressHost } from './ingress.ts';
import { Ingresses } from './ingresses.ts';
import type { Link } from './link.ts';
import type { Mail } from './mail.ts';
import { ClusterMembers } from './members.ts';
import { Node, type NodeHost } from './node.ts';
import type { ClusterSettings } from './options.ts';
import { Owner, OWNER_LIMITS, type OwnerHost } from './owner.ts';
import { Post } from './post.ts';
import { printOf } from './recordSeal.ts';
import { RemoteVerbs } from './remoteVerbs.ts';
import { nameOf, Roster } from './roster.ts';
import type { NotReady } from './servedExchange.ts';
import { ServedVerbs } from './servedVerbs.ts';
import { SharedSpace } from './sharedSpace.ts';
import { Tallies } from './tallies.ts';

/** The ways of a process to the others. */
export interface Ways {
  readonly engine: Engine;
  readonly link: Link;
  /** What the others dial; `undefined`: they can not. */
  readonly address?: string | undefined;
}

/** What a process of a cluster is made of. */
export interface ClusterNodeParts extends Ways {
  readonly runtime: ClusterHost;
  readonly settings: ClusterSettings;
  /** A text that no other process has, or had. */
  readonly boot: string;
  /** The name of the cluster, which no other cluster has. */
  readonly cluster: string;
}

/** One process of a cluster, for its runtime and for the other processes. */
export class ClusterNode implements IngressHost, OwnerHost, FollowHost {
  readonly node: Node;
  readonly mail: Mail;
  readonly deadlines: Deadlines;
  readonly beatMs: number;
  readonly bodyLimits: BodyLimits;
  readonly claims = new Claims();
  readonly tallies = new Tallies();
  readonly members: Members;
  readonly runtime: ClusterHost;
  readonly #settings: ClusterSettings;
  readonly #boot: string;
  readonly #address: string | undefined;
  readonly #engine: Engine;
  readonly #roster: Roster;
  readonly #cluster: string;
  readonly #spaces = new Map<SpaceName, SharedSpace>();
  readonly #post: Post;
  readonly #ingress: Ingress;
  readonly #owner: Owner;
  readonly #remoteVerbs: RemoteVerbs;
  readonly #servedVerbs: ServedVerbs;
  /** The nodes whose clients are served here. */
  readonly #ingresses: Ingresses;
  readonly #follow: Follow;
  readonly #startedAt: number;
  #isRetiring = false;

  constructor({ runtime, settings, boot, cluster, engine, link, address }: ClusterNodeParts) {
    const { clock, events } = runtime.services;
    const { leaseMs, suspendMs, secrets } = settings;
    this.runtime = runtime;
    this.#settings = settings;
    this.#boot = boot;
    this.#address = address;
    this.#engine = new CountedEngine({ engine, tallies: this.tallies, fine: settings.fine });
    this.#cluster = cluster;
    this.#startedAt = clock.now();
    this.beatMs = Math.ceil(leaseMs / 3);
    this.bodyLimits = runtime.bodyLimits;
    this.deadlines = new Deadlines(clock, (error) => this.#failed(error));
    const node = new Node(this.#nodeHost(), { leaseMs, suspendMs });
    const post = new Post({
      link,
      cluster,
      secrets,
      clock,
      self: () => node.incarnation,
      refused: (why) => events.emit('cluster.refused', { why }),
    });
    this.node = node;
    this.#roster = new Roster({ node, engine: this.#engine, space: this.#engine.space(undefined) });
    this.#post = post;
    this.mail = {
      post: (to, frame) => post.post(to, frame),
      get generation() {
        return post.generation + livesOf(node.incarnation);
      },
    };
    this.#ingress = new Ingress(this, settings);
    this.#owner = new Owner(this, { ...OWNER_LIMITS, maxServed: settings.maxServed });
    this.#ingresses = new Ingresses(this, this.#owner);
    const { lookout, watch } = this.#ingress;
    this.#remoteVerbs = new RemoteVerbs({
      node: this,
      lookout,
      watch,
      actMs: settings.forwardTimeoutMs,
    });
    this.#servedVerbs = new ServedVerbs(this);
    this.members = new ClusterMembers({
      node,
      roster: this.#roster,
      remoteVerbs: this.#remoteVerbs,
      elsewhere: (owner, id) => this.#elsewhere(owner, id, false),
    });
    this.#follow = new Follow(this, settings.following);
  }

  /** What this process has of a space. */
  of(name: SpaceName): SharedSpace {
    let space = this.#spaces.get(name);
    if (space !== undefined) return space;
    const { claims, deadlines, node, runtime } = this;
    space = new SharedSpace(name, {
      claims,
      deadlines,
      node,
      runtime,
      engine: this.#engine,
      settings: this.#settings,
      cluster: this.#cluster,
      elsewhere: (owner, id, takes) => this.#elsewhere(owner, id, takes, name),
      place: () => this.#roster.place(),
      tallies: this.tallies,
      failed: (error) => this.#failed(error),
    });
    this.#spaces.set(name, space);
    return space;
  }

  /** Joins. What goes wrong is announced, and tried again. */
  start(): void {
    this.node.start().catch((error: unknown) => this.#failed(error));
  }

  /** Claims nothing from here on. */
  retire(): void {
    this.#isRetiring = true;
    this.node.retire();
  }

  /** Resolves when other nodes have answered what this one forwards, or after a time. */
  answered(withinMs: number): Promise<void> {
    return this.#ingress.answered(withinMs);
  }

  /** Leaves, for good. Never rejects. */
  async leave(): Promise<void> {
    this.#ingress.close();
    this.#remoteVerbs.close();
    await this.node.leave();
    await this.#post.close();
    await this.#engine.close();
    this.deadlines.stop();
  }

  stats(): ClusterStats {
    return statsOf({
      self: this.members.self,
      node: this.node,
      post: this.#post,
      owned: this.claims.size,
      forwarding: this.#ingress.size,
      serving: this.#owner.size,
      tallies: this.tallies,
    });
  }

  // ---- for exchanges with other nodes

  get incarnation(): Incarnation {
    return this.node.incarnation;
  }

  get isLive(): boolean {
    return this.node.isLive;
  }

  get hasRoom(): boolean {
    return this.runtime.isAdmitting && this.runtime.hasRoom;
  }

  get mayFollow(): boolean {
    return this.#settings.follow && this.node.mayClaim;
  }

  visited(visit: Visit): void {
    this.#follow.visited(visit);
  }

  engineNow(): number {
    return this.node.engineNow();
  }

  look(print: string, space?: SpaceName): Promise<Looked> {
    return this.of(space).look(print);
  }

  async leftMs(of: Incarnation): Promise<number> {
    const leftMs = await this.#engine.leftMs(of);
    // A server that has just begun may know nothing of a lease that lasts.
    return this.node.isInGrace ? Math.max(leftMs, this.beatMs) : leftMs;
  }

  async ready(
    id: string,
    takes: boolean,
    isFollowUp: boolean,
    space: string | undefined,
  ): Promise<'ready' | NotReady> {
    // A later release may share more.
    return isSpace(space) ? this.of(space).sessions.ready(id, takes, isFollowUp) : { why: 'moved' };
  }

  isReady(id: string, isFollowUp: boolean, space: string | undefined): boolean {
    if (!isSpace(space)) return false;
    const residents = this.#residents(space);
    return residents.isServing(id) || (isFollowUp && residents.isSettling(id));
  }

  serve(request: Forwarded, port: ResponsePort): void {
    this.runtime.serve(request, port);
  }

  counts(request: Forwarded): (() => void) | undefined {
    return countWaiting(this.runtime.services, request);
  }

  refused(code: RefusalCode): void {
    if (code === 'session-moved') this.tallies.unsure++;
    this.runtime.refused(code);
  }

  tripped(limit: string): void {
    this.runtime.services.tripped(limit);
  }

  #residents(space: SpaceName): Residents {
    return space === undefined ? this.runtime : this.runtime.of(space);
  }

  #elsewhere(owner: Incarnation, id: string, takes: boolean, space?: SpaceName): Elsewhere {
    const again: ClusterHost['again'] = (request, port) => this.runtime.again(request, port);
    return {
      at: 'elsewhere',
      node: nameOf(owner),
      serve: (request, port) => {
        const asked = { owner, space, session: id, print: printOf(id), takes, request, again };
        this.#ingress.forward(asked, port);
      },
      act: (verb) => this.#remoteVerbs.act(owner, id, { print: printOf(id), space }, verb),
    };
  }

  // ---- for the node's life

  #nodeHost(): NodeHost {
    const { clock, events } = this.runtime.services;
    return {
      engine: this.#engine,
      boot: this.#boot,
      clock,
      wall: () => this.#settings.wall(),
      about: () => encodeAbout(this.#about()),
      listen: (as) => this.#listen(as),
      deafen: (as) => this.#post.deafen(as),
      ping: (to, n) => void this.#post.post(to, { type: 'ping', n }),
      owned: () => this.claims.inUseFirst(({ id, space }) => this.#residents(space).isInUse(id)),
      lose: (claim) => this.#lose(claim),
      restow: (claim) => this.#residents(claim.space).restow(claim),
      reasserted: () => void this.tallies.reasserted++,
      changed: (state, why) => events.emit('cluster.changed', { at: clock.now(), state, why }),
      clockOff: (byMs) => events.emit('cluster.clock', { byMs }),
      failed: (error) => this.#failed(error),
    };
  }

  #about(): About {
    const { name } = this.#settings;
    return {
      name,
      since: this.#startedAt,
      owned: this.claims.size,
      isDraining: this.#isRetiring,
      address: this.#address,
    };
  }

  async #listen(as: Incarnation): Promise<void> {
    await this.#post.listen(as, (from, frame) => this.#take(from, frame));
    if (livesOf(as) > 1) this.#owner.renamed();
  }

  #take(from: Incarnation, frame: Frame): void {
    if (frame.type === 'ping') {
      // Below zero, it is an exchange that asks whether the inbox hears.
      if (frame.n > 0 && this.node.isSelf(from)) this.node.heard(frame.n);
      else this.#ingress.take(from, frame);
      return;
    }
    if (frame.type === 'req') this.#ingresses.asked(from);
    if (frame.type === 'verb') return this.#servedVerbs.take(from, frame);
    if (frame.type === 'said') return this.#remoteVerbs.take(from, frame);
    this.#owner.take(from, frame);
    this.#ingress.take(from, frame);
  }

  #lose(claim: Claim): void {
    this.tallies.lost++;
    this.claims.remove(claim);
    this.#residents(claim.space).lose(claim);
  }

  #failed(error: unknown): void {
    this.runtime.services.events.emit('cluster.failed', { error });
  }
}

/** Which life of its process an incarnation is. */
function livesOf(incarnation: Incarnation): number {
  return Number(incarnation.slice(bootOf(incarnation).length + 1));
}
