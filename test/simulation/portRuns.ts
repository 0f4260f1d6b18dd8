import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { NodePort } from '../../src/adapters/nodePort.ts';
import type { Random } from './random.ts';
import { turn } from './scheduler.ts';
import { SimSocket } from './simSocket.ts';

/** Something that is done to one of the ports of a connection, or by the client at its other end. */
export type PortStep =
  | { readonly do: 'send' | 'write'; readonly port: number; readonly bytes: number }
  | { readonly do: 'open' | 'end' | 'cut' | 'await room'; readonly port: number }
  | { readonly do: 'read all' | 'reset' };

/** What is to be seen of a connection. */
interface Sight {
  readonly ports: readonly {
    readonly gone: boolean;
    readonly unread: number;
    readonly toldGone: number;
    readonly toldRoom: number;
  }[];
  readonly read: number;
}

/** More than any kernel takes for a client that does not read, however much it has read before. */
const MUCH = 12 * 1024 * 1024;
/** The most that Linux takes by itself: its largest buffers of both ends. */
const KERNEL = 10 * 1024 * 1024;
/** Less than what the simulated kernels take. */
const ROOM = 64 * 1024;

const REQUEST = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n';
const OPTIONS = { keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 };

/** Steps that keep to the protocol of a port. */
export function portSteps(random: Random, ports: number): PortStep[] {
  const states = Array.from({ length: ports }, () => 'new');
  const steps: PortStep[] = [];
  // A kernel takes as much as it likes: so the first answer of all is more than it likes.
  let isFull = false;
  for (let left = 3 + random.below(9); left > 0; left--) {
    const port = random.below(ports);
    const bytes = isFull ? random.one(10, 3000, 40_000, 200_000) : MUCH;
    const state = states[port];
    if (random.chance(0.12)) steps.push({ do: 'read all' });
    if (steps.at(-1)?.do === 'read all') isFull = false;
    if (state === 'new') {
      const isWhole = random.chance(0.5);
      if (isWhole && !isFull && port > 0) continue;
      steps.push(isWhole ? { do: 'send', port, bytes } : { do: 'open', port });
      states[port] = isWhole ? 'over' : 'open';
      isFull ||= isWhole;
    } else if (state === 'open') {
      const what = random.one('write', 'write', 'write', 'end', 'cut', 'await room');
      if (what === 'write' && !isFull && port > 0) continue;
      steps.push(what === 'write' ? { do: what, port, bytes } : { do: what, port });
      if (what === 'write') isFull = true;
      if (what === 'end' || what === 'cut') states[port] = 'over';
      if (what === 'cut') break;
    }
  }
  steps.push({ do: random.one('read all', 'reset') });
  return steps;
}

/** One connection of some requests on one line, each with a port. */
class Ends {
  readonly ports: { port: NodePort; toldGone: number; toldRoom: number }[] = [];
  read = 0;

  readonly serve: RequestListener = (_, response) => {
    const entry = { port: new NodePort(response, []), toldGone: 0, toldRoom: 0 };
    entry.port.whenGone(() => entry.toldGone++);
    this.ports.push(entry);
  };

  do(step: PortStep): void {
    if (!('port' in step)) return;
    const entry = this.ports[step.port]!;
    const { port } = entry;
    if (step.do === 'send') port.send(200, ['Content-Type', 'text/plain'], 'x'.repeat(step.bytes));
    else if (step.do === 'write') port.write('x'.repeat(step.bytes));
    else if (step.do === 'open') port.open(['Content-Type', 'text/event-stream']);
    else if (step.do === 'await room') void port.drained().then(() => entry.toldRoom++);
    else port[step.do]();
  }

  get sight(): Sight {
    const { read } = this;
    const ports = this.ports.map(({ port, toldGone, toldRoom }) => {
      return { gone: port.gone, unread: port.unread, toldGone, toldRoom };
    });
    return { ports, read };
  }
}

/** Takes the steps on a simulated connection. @returns what is seen after each */
export async function simulated(steps: readonly PortStep[], count: number): Promise<Sight[]> {
  const ends = new Ends();
  const server = createServer(OPTIONS, ends.serve);
  let taken = 0;
  const socket = new SimSocket(
    ROOM,
    (bytes) => (taken += bytes.length),
    () => {},
  );
  server.emit('connection', socket as unknown as Socket);
  socket.push(REQUEST.repeat(count));
  const sights: Sight[] = [];
  await turn();
  for (const step of steps) {
    ends.do(step);
    await turn();
    if (step.do === 'reset') socket.destroy();
    while (step.do === 'read all' && taken > 0) {
      ends.read += taken;
      const room = taken;
      taken = 0;
      socket.makeRoom(room);
      await turn();
    }
    await turn();
    sights.push(ends.sight);
  }
  socket.destroy();
  return sights;
}

/** Takes the steps on a connection of the kernel, and waits after each until all is as expected. */
export async function real(
  steps: readonly PortStep[],
  count: number,
  expected: readonly Sight[],
): Promise<void> {
  const ends = new Ends();
  const server: Server = createServer(OPTIONS, ends.serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  client.pause();
  client.on('data', (bytes) => (ends.read += bytes.length));
  client.on('error', () => {});
  client.pause();
  client.write(REQUEST.repeat(count));
  try {
    await sees(() => ends.ports.length === count);
    for (const [i, step] of steps.entries()) {
      ends.do(step);
      if (step.do === 'reset') client.resetAndDestroy();
      if (step.do === 'read all') client.resume();
      // What a client still reads of a line that was cut is the kernel's affair.
      const isCut = steps.slice(0, i + 1).some((each) => each.do === 'cut');
      const wanted = expected[i]!;
      await sees(
        () => isAlike(ends.sight, wanted, isCut),
        () => JSON.stringify({ steps, i, is: ends.sight, wanted }),
      );
      client.pause();
    }
  } finally {
    client.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Whether the same is to be seen, but for the bytes that the kernel has taken by itself. */
function isAlike(is: Sight, wanted: Sight, isCut: boolean): boolean {
  if (!isCut && is.read !== wanted.read) return false;
  return wanted.ports.every(({ unread, ...rest }, i) => {
    const { unread: left, ...others } = is.ports[i]!;
    if (!isDeepStrictEqual(others, rest)) return false;
    return left <= unread && left >= unread - KERNEL && left > 0 === unread > 0;
  });
}

/** Waits until something holds: at most some seconds. */
async function sees(holds: () => boolean, otherwise = (): string => 'never'): Promise<void> {
  const end = performance.now() + 5000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(otherwise());
    await turn();
  }
}
