/** One bar: who, how much, and whether it is this library's. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  /** What is written at its end. */
  readonly text: string;
  readonly isOurs: boolean;
}

/** One figure, its bars from the top on. */
export interface Panel {
  readonly title: string;
  readonly note: string;
  readonly bars: readonly Bar[];
}

const PANEL_WIDTH = 480;
const LABEL_WIDTH = 172;
const VALUE_WIDTH = 64;
const BAR_WIDTH = PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH;
const ROW = 20;
const HEAD = 52;
const GAP = 24;
const MARGIN = 16;

/** One picture for light and for dark pages: the colours follow the reader's own setting. */
const STYLE = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
  .title { font-size: 14px; font-weight: 600; }
  .note { font-size: 11px; fill: #59636e; }
  .bar { fill: #afb8c1; }
  .ours { fill: #0969da; }
  text.mine { font-weight: 600; }
  .page { fill: #ffffff; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .note { fill: #9198a1; }
    .bar { fill: #545d68; }
    .ours { fill: #4493f8; }
    .page { fill: #0d1117; }
  }
`;

/** Draws panels in two columns. @param about one line on what was measured and on what */
export function drawBars(panels: readonly Panel[], about: string): string {
  const columns = panels.length > 1 ? 2 : 1;
  const width = MARGIN * 2 + columns * PANEL_WIDTH + (columns - 1) * GAP;
  const parts: string[] = [];
  let top = MARGIN;
  for (let at = 0; at < panels.length; at += columns) {
    const line = panels.slice(at, at + columns);
    line.forEach((panel, column) => {
      parts.push(drawPanel(panel, MARGIN + column * (PANEL_WIDTH + GAP), top));
    });
    top += HEAD + ROW * Math.max(...line.map(({ bars }) => bars.length)) + GAP;
  }
  const height = top + 8;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escape(panels.map(({ title }) => title).join('; '))}</title>`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${width}" height="${height}" rx="6"/>`,
    ...parts,
    `<text class="note" x="${MARGIN}" y="${height - 10}">${escape(about)}</text>`,
    '</svg>\n',
  ].join('\n');
}

function drawPanel({ title, note, bars }: Panel, left: number, top: number): string {
  const largest = Math.max(...bars.map(({ value }) => value));
  const rows = bars.map(({ label, value, text, isOurs }, at) => {
    const y = HEAD + at * ROW;
    const length = Math.max(1, (value / largest) * BAR_WIDTH);
    const mine = isOurs ? ' class="mine"' : '';
    return [
      `<text${mine} x="${LABEL_WIDTH - 8}" y="${y + 11}" text-anchor="end">${escape(label)}</text>`,
      `<rect class="${isOurs ? 'ours' : 'bar'}" x="${LABEL_WIDTH}" y="${y}" width="${round(length)}" height="14" rx="2"/>`,
      `<text${mine} x="${round(LABEL_WIDTH + length + 6)}" y="${y + 11}">${escape(text)}</text>`,
    ].join('');
  });
  return [
    `<g transform="translate(${left} ${top})">`,
    `<text class="title" x="0" y="16">${escape(title)}</text>`,
    `<text class="note" x="0" y="34">${escape(note)}</text>`,
    ...rows,
    '</g>',
  ].join('\n');
}

const round = (value: number): string => value.toFixed(1).replace(/\.0$/, '');

const NAMES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

const escape = (text: string): string => text.replace(/[&<>"]/g, (sign) => NAMES[sign] ?? sign);
