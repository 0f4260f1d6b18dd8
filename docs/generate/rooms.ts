import { crossings, ROOMS } from '../../test/support/rooms.ts';
import { roomsStyle } from './roomsStyle.ts';

const WIDTH = 800;
const BOX = 46;
const ROW = 78;
const FIRST = 28;
/** The columns of plug-ins and ground, and the one the core stands in. */
const COLUMN = 176;
const [LEFT, MIDDLE, RIGHT] = [
  { x: 60, width: COLUMN },
  { x: 312, width: COLUMN },
  { x: 564, width: COLUMN },
];
/** The columns where four stand in a row. */
const fourth = (at: number) => ({ x: 24 + 194 * at, width: 170 });
/** The columns where five stand in a row. */
const fifth = (at: number) => ({ x: 24 + 154 * at, width: 136 });
const CORE = { x: 230, width: 340 };
const HALF = { x: CORE.x, width: 162 };
/** Of the core, as many beside each other as there are features. */
const THIRD = { x: CORE.x, width: 108 };
const [SECOND, LAST] = [CORE.x + 116, CORE.x + CORE.width - THIRD.width];

/** Where a room stands, by hand, and what is said of it. Rows are counted from the top. */
const PLACES: Readonly<Record<string, Place>> = {
  watch: { row: 0, ...fourth(0), what: 'inspector, recorder, metrics' },
  cli: { row: 0, ...fourth(1), what: 'the program' },
  host: { row: 0, ...fourth(2), what: 'clients, one scope a user' },
  processes: { row: 0, ...fourth(3), what: 'of one machine' },
  gateway: { row: 1, ...fifth(0), what: 'servers elsewhere' },
  adapters: { row: 1, ...fifth(1), what: 'node, sockets, pipes' },
  testing: { row: 1, ...fifth(2), what: 'a model, a property' },
  cluster: { row: 1, ...fifth(3), what: 'many processes' },
  redis: { row: 1, ...fifth(4), what: 'where they agree' },
  top: { row: 2, ...CORE, what: 'index, runtime, options: all is put together here' },
  modern: { row: 3, ...THIRD, what: 'stateless calls' },
  handles: { row: 3, ...THIRD, x: SECOND, what: 'live things' },
  machine: { row: 3, ...THIRD, x: LAST, what: "a user's chart" },
  http: { row: 4, ...CORE, what: 'Streamable HTTP: requests, streams, replay' },
  directory: { row: 5, ...CORE, what: 'where a session is: open, find, list, end' },
  session: { row: 6, ...CORE, what: 'one MCP session: handshake, mailbox, server, sleep' },
  actor: { row: 7, ...HALF, what: 'lives, and their places' },
  store: { row: 7, ...HALF, x: CORE.x + CORE.width - HALF.width, what: 'records, kept somewhere' },
  events: { row: 8, ...CORE, what: 'what is announced and counted' },
  base: { row: 9, ...LEFT, what: 'time, limits, containers' },
  wire: { row: 9, ...MIDDLE, what: 'rules of the protocol' },
  machines: { row: 9, ...RIGHT, what: 'the statecharts' },
};

interface Place {
  readonly row: number;
  readonly x: number;
  readonly width: number;
  readonly what: string;
}

const BANDS = [
  { kind: 'plug', text: 'PLUG-INS', rows: [0, 1] },
  { kind: 'core', text: 'CORE', rows: [2, 8] },
  { kind: 'ground', text: 'GROUND', rows: [9, 9] },
] as const;

interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly isAllowed: boolean;
}

/** The rooms of the project and who imports whom, as a picture. */
export function roomsPicture(): string {
  const arrows = arrowsOf();
  const isClean = arrows.every(({ isAllowed }) => isAllowed);
  const height = middle(9) + BOX / 2 + 46;
  const bad = `<text class="key bad" x="772" y="${height - 14}" text-anchor="end">Red: not as it should be.</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="rooms" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="The rooms of the project and their imports">`,
    `<style>${roomsStyle}</style>`,
    head('head', ''),
    ...(isClean ? [] : [head('bad', ' bad')]),
    ...BANDS.map(band),
    ...trunksOf(arrows).flatMap(drawTrunk),
    ...arrows.filter((arrow) => !isLong(arrow)).map(drawArrow),
    ...Object.keys(ROOMS).map(room),
    `<text class="key" x="28" y="${height - 14}">An arrow is an import. Where a longer way leads to the same room, it is left out.</text>`,
    ...(isClean ? [] : [bad]),
    '</svg>',
    '',
  ].join('\n');
}

/** One arrow for each pair of rooms, without those that follow from others. */
function arrowsOf(): Arrow[] {
  const pairs = new Map(crossings().map((each) => [`${each.from} ${each.to}`, each]));
  const all = [...pairs.values()].toSorted(
    (a, b) => a.from.localeCompare(b.from) || a.to.localeCompare(b.to),
  );
  const next = (from: string): string[] =>
    all.filter((each) => each.isAllowed && each.from === from).map(({ to }) => to);
  const reaches = (from: string, to: string): boolean =>
    next(from).some((each) => each === to || reaches(each, to));
  return all.filter(
    ({ from, to, isAllowed }) =>
      !isAllowed || !next(from).some((each) => each !== to && reaches(each, to)),
  );
}

const place = (name: string): Place => {
  const found = PLACES[name];
  if (found === undefined) throw new Error(`docs/generate/rooms.ts has no place for "${name}"`);
  return found;
};
const middle = (row: number): number => FIRST + row * ROW + BOX / 2;
const centre = ({ x, width }: Place): number => x + width / 2;

/** It passes other rows, or it goes up: it runs down a lane beside the core. */
function isLong({ from, to }: Arrow): boolean {
  const rows = place(to).row - place(from).row;
  return Math.abs(rows) > 1;
}

/** To a row beside its own, or to a neighbour. */
function drawArrow({ from, to, isAllowed }: Arrow): string {
  const [a, b] = [place(from), place(to)];
  if (a.row === b.row) {
    const [x, end] = b.x > a.x ? [a.x + a.width, b.x] : [a.x, b.x + b.width];
    return line(`M${x} ${middle(a.row)}H${end + Math.sign(x - end) * 2}`, isAllowed);
  }
  const down = Math.sign(b.row - a.row);
  const [y, end] = [middle(a.row) + (down * BOX) / 2, middle(b.row) - down * (BOX / 2 + 2)];
  const [low, high] = [Math.max(a.x, b.x) + 20, Math.min(a.x + a.width, b.x + b.width) - 20];
  if (low <= high) {
    const narrow = a.width < b.width ? a : b;
    // Beside the one that leads down.
    return line(
      `M${clamp(centre(narrow), low, high) + (down < 0 ? 16 : 0)} ${y}V${end}`,
      isAllowed,
    );
  }
  const x = clamp(centre(b), a.x + 20, a.x + a.width - 20);
  const toX = clamp(centre(a), b.x + 20, b.x + b.width - 20);
  const bend = (y + end) / 2;
  return line(`M${x} ${y}C${x} ${bend} ${toX} ${bend - 4} ${toX} ${end}`, isAllowed);
}

/** All long arrows of one room share a lane: those the table allows one, the others another. */
interface Trunk {
  readonly from: string;
  readonly to: readonly string[];
  readonly isAllowed: boolean;
  readonly lane: number;
}

function trunksOf(arrows: readonly Arrow[]): Trunk[] {
  const taken = { left: 0, right: 0 };
  const long = arrows.filter(isLong);
  const starts = long.filter(
    ({ from, isAllowed }, index) =>
      index === long.findIndex((each) => each.from === from && each.isAllowed === isAllowed),
  );
  const trunks = starts.map(({ from, isAllowed }) => ({
    from,
    isAllowed,
    to: long
      .filter((each) => each.from === from && each.isAllowed === isAllowed)
      .map(({ to }) => to),
  }));
  const length = ({ from, to }: (typeof trunks)[number]): number =>
    Math.max(...to.map((each) => Math.abs(place(each).row - place(from).row)));
  // The shortest runs innermost, so that few cross.
  const ordered = trunks.toSorted((a, b) => length(a) - length(b));
  return ordered.map(({ from, isAllowed, to }) => {
    const at = centre(place(from));
    const isLeft = at < WIDTH / 2 || (isAllowed && at === WIDTH / 2);
    const side = isLeft ? 'left' : 'right';
    const offset = 14 + 13 * taken[side]++;
    const lane = side === 'left' ? CORE.x - offset : CORE.x + CORE.width + offset;
    return { from, to, isAllowed, lane };
  });
}

function drawTrunk({ from, to, isAllowed, lane }: Trunk): string[] {
  const a = place(from);
  return to.map((name) => {
    const b = place(name);
    const [y, end] = [middle(a.row), middle(b.row)];
    const turn = 8 * Math.sign(end - y);
    const start = isAbove(a, lane)
      ? `M${lane} ${y + (Math.sign(turn) * BOX) / 2}`
      : `M${edge(a, lane)} ${y}H${lane - 8 * side(a, lane)}Q${lane} ${y} ${lane} ${y + turn}`;
    if (isAbove(b, lane))
      return line(`${start}V${end - Math.sign(turn) * (BOX / 2 + 2)}`, isAllowed);
    const back = side(b, lane);
    const arrival = `V${end - turn}Q${lane} ${end} ${lane - 8 * back} ${end}H${edge(b, lane) + 2 * back}`;
    return line(start + arrival, isAllowed);
  });
}

const isAbove = ({ x, width }: Place, lane: number): boolean => lane > x && lane < x + width;
/** On which side of a room a lane runs: right 1, left -1. */
const side = ({ x }: Place, lane: number): number => (lane > x ? 1 : -1);
const edge = (at: Place, lane: number): number => (side(at, lane) > 0 ? at.x + at.width : at.x);
const clamp = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

function line(path: string, isAllowed: boolean): string {
  const [name, marker] = isAllowed ? ['import', 'head'] : ['import bad', 'bad'];
  return `<path class="${name}" d="${path}" marker-end="url(#${marker})"/>`;
}

function head(id: string, more: string): string {
  return `<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path class="head${more}" d="M0 .5 8 4 0 7.5z"/></marker>`;
}

function band({ kind, text, rows: [first, last] }: (typeof BANDS)[number]): string {
  const y = middle(first) - BOX / 2 - 12;
  const height = middle(last) + BOX / 2 + 12 - y;
  const at = `x="36" y="${y + height / 2}"`;
  return [
    `<g class="band ${kind}"><rect x="16" y="${y}" width="${WIDTH - 32}" height="${height}" rx="12"/>`,
    `<text ${at} text-anchor="middle" transform="rotate(-90 36 ${y + height / 2})" dy="4">${text}</text></g>`,
  ].join('');
}

function room(name: string): string {
  const { row, x, width, what } = place(name);
  const y = middle(row) - BOX / 2;
  const { kind } = BANDS.find(({ rows }) => row <= rows[1])!;
  const text = (kindOf: string, dy: number, content: string): string =>
    `<text class="${kindOf}" x="${x + width / 2}" y="${y + dy}" text-anchor="middle">${content}</text>`;
  return [
    `<g class="room ${kind}"><rect x="${x}" y="${y}" width="${width}" height="${BOX}" rx="8"/>`,
    `<rect class="mark" x="${x + 12}" y="${y}" width="${width - 24}" height="2.5" rx="1"/>`,
    text('name', 21, name),
    text('what', 37, what),
    '</g>',
  ].join('');
}
