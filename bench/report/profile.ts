import type { Profile } from '../figures/profile.ts';
import type { Frame } from '../profile/frames.ts';
import { groups } from '../profile/groups.ts';
import { ownShare, shares } from '../profile/shares.ts';
import type { Kind } from '../profile/snapshot.ts';
import { figure, percent, table } from './table.ts';

const TOP = 25;

export function profileTables(profile: Profile): string {
  const { contender, load, cpu, allocations, cpuCount, allocationCount } = profile;
  const unit = load === 'calls' ? 'a call' : 'an open + close';
  const list = shares(profile);
  const seen = list.filter(({ self, allocated }) => self > 0 || allocated > 0);
  const rows = seen.map(({ group, self, withNode, allocated }) => [
    `${groups[group].ours ? '*' : ' '} ${group}`,
    percent(self),
    percent(withNode),
    percent(allocated),
    groups[group].what,
  ]);
  const { self, whole } = ownShare(list);
  return [
    `CPU of ${unit} by group, "${contender}" (self: own functions; with node: and what node and ` +
      'the engine did for them)',
    table(['', 'self', 'with node', 'allocated', ''], rows),
    `  * ours: ${percent(self)} self, ${percent(whole)} with node's part and the share of ` +
      'garbage collection',
    `\nHottest functions, "${contender}"`,
    frameTable(cpu, cpuCount, `µs ${unit}`),
    `\nHottest functions of this library, "${contender}"`,
    frameTable(cpu, cpuCount, `µs ${unit}`, ofOurs),
    `\nLargest allocators, "${contender}"`,
    frameTable(allocations, allocationCount, `bytes ${unit}`),
  ].join('\n');
}

type Which = (frame: Frame) => boolean;

const all: Which = () => true;
const ofOurs: Which = ({ group }) => groups[group].ours;

function frameTable(frames: readonly Frame[], count: number, unit: string, which = all): string {
  const total = frames.reduce((sum, { self }) => sum + self, 0);
  const rows = frames
    .filter(which)
    .slice(0, TOP)
    .map(({ name, file, line, group, self }) => [
      `${name}  ${file ? `${file}:${line}` : ''}`.slice(-96),
      group,
      percent(self / total),
      figure(self / count),
    ]);
  return table(['', 'group', 'self', unit], rows);
}

export function heapTable(contender: string, kinds: readonly Kind[]): string {
  const total = kinds.reduce((sum, { bytes }) => sum + bytes, 0);
  const rows = kinds
    .slice(0, 50)
    .map(({ name, count, bytes }) => [name.slice(0, 110), figure(count), figure(bytes)]);
  return (
    `What an idle session consists of, "${contender}" (${figure(total)} bytes)\n` +
    table(['', 'objects', 'bytes'], rows)
  );
}
