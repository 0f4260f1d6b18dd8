import { pathToFileURL } from 'node:url';

import { buildDir } from '../build.ts';
import { groupOf, type Group } from './groups.ts';

/** One function (or one of V8's own entries), summed over the whole profile. */
export interface Frame {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly group: Group;
  /** Microseconds, or bytes, spent in the function itself. */
  self: number;
  /** The part of `self` spent by node's own functions, by the group of our code that called. */
  readonly onBehalfOf: Map<Group, number>;
}

interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

interface CpuProfile {
  readonly nodes: readonly { id: number; callFrame: CallFrame; children?: number[] }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface AllocationNode {
  readonly callFrame: CallFrame;
  readonly selfSize: number;
  readonly children: readonly AllocationNode[];
}

interface Node {
  readonly callFrame: CallFrame;
  readonly self: number;
  readonly children: () => readonly Node[];
}

export function cpuFrames({ nodes, samples, timeDeltas }: CpuProfile): Frame[] {
  const self = new Map<number, number>();
  samples.forEach((id, at) => self.set(id, (self.get(id) ?? 0) + (timeDeltas[at] ?? 0)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const wrap = (id: number): Node => {
    const { callFrame, children = [] } = byId.get(id) as CpuProfile['nodes'][number];
    return { callFrame, self: self.get(id) ?? 0, children: () => children.map(wrap) };
  };
  const root = nodes[0];
  return root ? collect(wrap(root.id)).filter(isOfTheLoad) : [];
}

/** Leaves out what is no work, and what the profiler does to begin and to end. */
const isOfTheLoad = ({ name, file }: Frame): boolean =>
  name !== '(idle)' && file !== 'node:inspector';

export function allocationFrames({ head }: { head: AllocationNode }): Frame[] {
  const wrap = ({ callFrame, selfSize, children }: AllocationNode): Node => ({
    callFrame,
    self: selfSize,
    children: () => children.map(wrap),
  });
  return collect(wrap(head));
}

function collect(root: Node): Frame[] {
  const frames = new Map<string, Frame>();
  const visit = (node: Node, owner: Group | undefined): void => {
    const { functionName, url, lineNumber } = node.callFrame;
    const file = shortFile(url);
    const name = functionName || '(anonymous)';
    const key = `${name} ${file}:${lineNumber}`;
    let frame = frames.get(key);
    if (!frame) {
      const group = groupOf(file, name);
      frame = { name, file, line: lineNumber + 1, group, self: 0, onBehalfOf: new Map() };
      frames.set(key, frame);
    }
    frame.self += node.self;
    // Node's functions and the engine's builtins work for whoever called them.
    const lent = frame.group === 'node' || frame.group === 'engine';
    const by = lent ? owner : frame.group;
    if (lent && owner) {
      frame.onBehalfOf.set(owner, (frame.onBehalfOf.get(owner) ?? 0) + node.self);
    }
    for (const child of node.children()) visit(child, by);
  };
  visit(root, undefined);
  return [...frames.values()].filter(({ self }) => self > 0).toSorted((a, b) => b.self - a.self);
}

const peers = new URL('../peers/', import.meta.url).href;
const built = `${pathToFileURL(buildDir).href}/`;

function shortFile(url: string): string {
  if (url.startsWith(built)) return url.slice(built.length).replace(/\.js$/, '.ts');
  const at = url.lastIndexOf('/node_modules/');
  if (at >= 0) return url.slice(at + 1);
  return url.startsWith(peers) ? `bench/peers/${url.slice(peers.length)}` : url;
}
