import type { WebSocket } from 'ws';
import { outsideSessions } from '../../base/asyncContext.ts';
import type { Clock } from '../../base/clock.ts';
import { bootOf, type Incarnation } from '../engine.ts';
import type { Traffic } from '../../events/clusterStats.ts';
import type { Link } from '../link.ts';
import { WayTraffic } from '../wayTraffic.ts';
import { Peer } from './peer.ts';
import { PeerConnection } from './peerConnection.ts';
import { dial, type Door, openDoor } from './sockets.ts';

export interface WebSocketLinkOptions {
  /** The process, as its incarnations name it. */
  readonly boot: string;
  /** A name, which all nodes of a cluster share with no other cluster. */
  readonly cluster: string;
  /** The first proves, all are believed. */
  readonly secrets: readonly [string, ...string[]];
  /** Where a node is reached, as `ws://host:port`; `undefined`: by the fallback only. */
  readonly addressOf: (to: Incarnation) => string | undefined;
  /** Carries what can not go from node to node. Closed with this link. */
  readonly fallback: Link;
  readonly clock: Clock;
  /** Where this node is reached; 0: any port that is free. @default 0 */
  readonly port?: number;
  /** The address to listen at. @default '127.0.0.1' */
  readonly host?: string;
  /** Most bytes of one frame. @default 64 MiB */
  readonly maxFrameBytes?: number;
  /** Most connections that other nodes begin. @default 1024 */
  readonly maxPeers?: number;
  /** How often a silent connection is asked for a sign of life. @default 1000 */
  readonly pingMs?: number;
  /** How long a node that could not be dialled is left alone. @default 30,000 */
  readonly redialMs?: number;
}

const DEFAULTS = {
  port: 0,
  host: '127.0.0.1',
  maxFrameBytes: 64 * 1024 * 1024,
  maxPeers: 1024,
  pingMs: 1000,
  redialMs: 30_000,
} as const;

/** How long a node may take to accept a connection: frames wait for it. */
const DIAL_MS = 1000;
/** The name of an incarnation, and the type of a message. */
const HEAD_BYTES = 512;
/** More peers than this, and those that are idle are forgotten. */
const MANY_PEERS = 1024;

/**
 * Sends frames from node to node, over one WebSocket for each two. Another link carries what can not go
 * that way: to nodes without an address, or that can not be dialled.
 *
 * A frame counts as heard when the other process has it, and says so.
 */
export class WebSocketLink implements Link {
  readonly #options: Required<WebSocketLinkOptions>;
  readonly #inboxes = new Map<Incarnation, (frame: Buffer) => void>();
  readonly #peers = new Map<string, Peer>();
  readonly #connections = new Set<PeerConnection>();
  readonly #unread = new Map<Incarnation, number>();
  readonly #traffic = new WayTraffic('direct');
  #door: Door | null = null;
  #breaks = 0;
  #isClosed = false;

  private constructor(options: Required<WebSocketLinkOptions>) {
    this.#options = options;
  }

  /** Opens a link, and its port. @throws Error of the system, where the port can not be had */
  static async open(options: WebSocketLinkOptions): Promise<WebSocketLink> {
    const link = new WebSocketLink({ ...DEFAULTS, ...options });
    const { port, host } = link.#options;
    link.#door = await outsideSessions(() =>
      openDoor({ port, host, maxPayload: link.#maxPayload }, (socket) => link.#enter(socket)),
    );
    return link;
  }

  /** The port that other nodes dial. */
  get port(): number {
    return this.#door!.port;
  }

  get generation(): number {
    return this.#options.fallback.generation + this.#breaks;
  }

  /** @throws ActorsError what the fallback throws */
  async listen(as: Incarnation, take: (frame: Buffer) => void): Promise<void> {
    await this.#options.fallback.listen(as, (frame) => this.#takeOld(frame, take));
    this.#inboxes.set(as, take);
  }

  async deafen(as: Incarnation): Promise<void> {
    this.#inboxes.delete(as);
    await this.#options.fallback.deafen(as);
  }

  async send(to: Incarnation, frame: Buffer): Promise<number | undefined> {
    if (this.#isClosed) return 0;
    this.#count(to, frame.length);
    try {
      const boot = bootOf(to);
      // What a node says to itself tells whether the fallback works.
      if (boot === this.#options.boot) return await this.#options.fallback.send(to, frame);
      return await this.#peer(boot).send(to, frame);
    } finally {
      this.#count(to, -frame.length);
    }
  }

  unread(to: Incarnation): number {
    return this.#unread.get(to) ?? 0;
  }

  get traffic(): readonly Traffic[] {
    return [...this.#options.fallback.traffic, this.#traffic];
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#inboxes.clear();
    this.#door?.close();
    for (const connection of this.#connections) connection.close();
    await this.#options.fallback.close();
  }

  get #maxPayload(): number {
    return this.#options.maxFrameBytes + HEAD_BYTES;
  }

  #peer(boot: string): Peer {
    let peer = this.#peers.get(boot);
    if (peer === undefined) {
      if (this.#peers.size >= MANY_PEERS) this.#forgetIdle();
      const { fallback, clock, redialMs } = this.#options;
      peer = new Peer({
        dial: (to) => this.#dial(to),
        send: (to, frame) => fallback.send(to, frame),
        now: () => clock.now(),
        redialMs,
      });
      this.#peers.set(boot, peer);
    }
    return peer;
  }

  #forgetIdle(): void {
    for (const [boot, peer] of this.#peers) if (peer.isIdle) this.#peers.delete(boot);
  }

  #dial(to: Incarnation): PeerConnection | undefined {
    const address = this.#options.addressOf(to);
    if (address === undefined || this.#isClosed) return undefined;
    const socket = outsideSessions(() => dial(address, this.#maxPayload, DIAL_MS));
    return this.#connect(socket, 'dials', bootOf(to));
  }

  #enter(socket: WebSocket): void {
    const isFull = this.#connections.size >= this.#options.maxPeers;
    if (isFull || this.#isClosed) return socket.terminate();
    this.#connect(socket, 'answers', undefined);
  }

  /** @param expected the process that was dialled */
  #connect(
    socket: WebSocket,
    role: 'dials' | 'answers',
    expected: string | undefined,
  ): PeerConnection {
    const connection: PeerConnection = new PeerConnection(socket, {
      ...this.#options,
      role,
      proved: () => {
        const boot = connection.greeted?.boot;
        // An address that was another's before leads to a node that was not meant.
        if (expected !== undefined && boot !== expected) connection.cut();
      },
      opened: () => this.#peer(connection.greeted!.boot).opened(connection),
      sent: (bytes) => void (this.#traffic.bytesOut += bytes),
      take: (as, frame) => this.#take(as, frame),
      closed: () => this.#lose(connection, expected),
    });
    this.#connections.add(connection);
    return connection;
  }

  #take(as: Incarnation, frame: Buffer): boolean {
    this.#traffic.bytesIn += frame.length;
    const take = this.#inboxes.get(as);
    take?.(frame);
    return take !== undefined;
  }

  /** Takes what came by the fallback: a frame, or the mark behind the last one. */
  #takeOld(frame: Buffer, take: (frame: Buffer) => void): void {
    for (const connection of this.#connections) {
      if (connection.greeted?.otherMark.equals(frame) === true) return connection.arrived();
    }
    take(frame);
  }

  #lose(connection: PeerConnection, expected: string | undefined): void {
    this.#connections.delete(connection);
    const boot = expected ?? connection.greeted?.boot;
    if (connection.greeted !== undefined) this.#breaks++;
    if (boot !== undefined) this.#peers.get(boot)?.closed(connection);
  }

  #count(to: Incarnation, bytes: number): void {
    const unread = this.unread(to) + bytes;
    if (unread === 0) this.#unread.delete(to);
    else this.#unread.set(to, unread);
  }
}
