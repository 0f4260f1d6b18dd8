import type { Box } from './boxes.ts';
import { type Chart, layoutOf } from './layout.ts';
import type { Edge } from './edges.ts';
import type { Line, Point } from './router.ts';
import { readMachine, type State } from './statechart.ts';
import type { AnyStateMachine } from 'xstate';

/**
 * Draws a machine as SVG. Each state is a `g.state` with its path in `data-state`, each line a
 * `g.edge` with `data-source`, `data-target` and `data-events` (a JSON array), so that the page can
 * light them. Colours are the style sheet's.
 *
 * @param css rules for a drawing that stands alone, without the page's style sheet
 */
export function drawMachine(machine: AnyStateMachine, css?: string): string {
  return drawState(readMachine(machine), css);
}

/** The same, of a machine that was read. */
export function drawState(machine: State, css?: string): string {
  const chart = layoutOf(machine);
  const { width, height, name, boxes, lines } = chart;
  const style = css === undefined ? [] : [`<style>${css}</style>`];
  const size = css === undefined ? '' : ` width="${width}" height="${height}"`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${width} ${height}"${size} role="img" aria-label="Statechart of ${escape(name)}">`,
    ...style,
    ...boxes.map((box) => stateOf(box, chart)),
    ...lines.map(edgeOf),
    // Labels stand above all lines: a label that a line crosses can still be read.
    ...lines.map(labelOf).filter(Boolean),
    '</svg>',
    '',
  ].join('\n');
}

function stateOf({ state, parent, x, y, width, height, head }: Box, { initial }: Chart): string {
  const { path, name, isFinal, isParallel, description, children } = state;
  const begins = parent === undefined ? initial : parent.state.initial;
  const isCompound = children.length > 0;
  const classes = [
    'state',
    isCompound && 'compound',
    isFinal && 'final',
    isParallel && 'parallel',
    path === '' && 'any',
  ];
  const box = (inset: number, more = ''): string =>
    `<rect${more} x="${n(x + inset)}" y="${n(y + inset)}" width="${n(width - 2 * inset)}" height="${n(height - 2 * inset)}" rx="${isCompound ? 10 : 7 - inset}"/>`;
  const text = isCompound
    ? `<text x="${n(x + 12)}" y="${n(y + 17)}">${escape(name)}</text>`
    : `<text x="${n(x + width / 2)}" y="${n(y + head / 2 + 4)}" text-anchor="middle">${escape(name)}</text>`;
  // Marks the state in which a machine, or a compound state, begins.
  const dot = `<path class="initial" d="M${n(x - 7)} ${n(y - 5)}L${n(x)} ${n(y + 4)}"/><circle class="initial" cx="${n(x - 7)}" cy="${n(y - 5)}" r="3.2"/>`;
  return [
    `<g class="${classes.filter(Boolean).join(' ')}" data-state="${escape(path)}">`,
    ...(description === '' ? [] : [`<title>${escape(description)}</title>`]),
    box(0),
    ...(isFinal ? [box(3, ' class="inner"')] : []),
    text,
    ...(begins === name ? [dot] : []),
    '</g>',
  ].join('');
}

function edgeOf({ edge, points }: Line): string {
  const paths = `<path d="${pathOf(points)}"/><path class="head" d="${headOf(points)}"/>`;
  return `<g class="edge"${dataOf(edge)}>${titleOf(edge)}${paths}</g>`;
}

function labelOf({ edge, label }: Line): string {
  if (label === undefined) return '';
  const { x, y, anchor } = label;
  const place = `x="${n(x)}" y="${n(y)}" text-anchor="${anchor}"`;
  return `<text class="label" ${place}${dataOf(edge)}>${titleOf(edge)}${escape(edge.label)}</text>`;
}

function dataOf({ source, target, events }: Edge): string {
  return ` data-source="${escape(source)}" data-target="${escape(target)}" data-events="${escape(JSON.stringify(events))}"`;
}

function titleOf({ details }: Edge): string {
  return `<title>${escape(details.join('\n'))}</title>`;
}

const CORNER = 6;

/** The SVG path of a line, with rounded corners. */
function pathOf(points: readonly Point[]): string {
  const bends = points.filter((point, i) => i === 0 || distance(point, points[i - 1]!) > 0.5);
  return bends
    .map(([x, y], i) => {
      const [before, after] = [bends[i - 1], bends[i + 1]];
      if (before === undefined) return `M${n(x)} ${n(y)}`;
      if (after === undefined) return `L${n(x)} ${n(y)}`;
      const [ax, ay] = towards([x, y], before);
      const [bx, by] = towards([x, y], after);
      return `L${n(ax)} ${n(ay)}Q${n(x)} ${n(y)} ${n(bx)} ${n(by)}`;
    })
    .join('');
}

/** The point on the way to another point at which a rounded corner begins. */
function towards(from: Point, to: Point): Point {
  const length = distance(from, to);
  const part = Math.min(CORNER, length / 2) / (length || 1);
  return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part];
}

function headOf(points: readonly Point[]): string {
  const [x, y] = points.at(-1)!;
  const before = points.findLast((point) => distance(point, [x, y]) > 0.5) ?? [x - 1, y];
  const length = distance(before, [x, y]);
  const [dx, dy] = [(x - before[0]) / length, (y - before[1]) / length];
  const [bx, by] = [x - dx * 7, y - dy * 7];
  return `M${n(x)} ${n(y)}L${n(bx - dy * 3.2)} ${n(by + dx * 3.2)}L${n(bx + dy * 3.2)} ${n(by - dx * 3.2)}Z`;
}

function distance([ax, ay]: Point, [bx, by]: Point): number {
  return Math.hypot(ax - bx, ay - by);
}

function n(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
