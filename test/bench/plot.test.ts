import { expect, test } from 'vitest';
import { drawBars } from '../../bench/report/bars.ts';
import { picture } from '../../bench/report/picture.ts';
import { run, works } from './runs.ts';

/** The texts of a picture, in its order. */
const textsOf = (svg: string): string[] =>
  Array.from(svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g), ([, text = '']) => text);

/** Elements that do not end where they must. */
function unclosed(svg: string): string[] {
  const open: string[] = [];
  for (const [, end, name = '', , alone] of svg.matchAll(/<(\/?)(\w+)([^>]*?)(\/?)>/g)) {
    if (alone) continue;
    if (!end) open.push(name);
    else if (open.at(-1) === name) open.pop();
    else return [...open, name];
  }
  return open;
}

test('picture draws multiples of the map: of speed the largest first, of cost the smallest', () => {
  const calls = {
    map: works([100, 40], [200, 40]),
    actors: works([300, 10], [600, 10]),
    tmcp: works([150, 20], [300, 20]),
    'watch-spans': works([1, 1], [1, 1]),
  };
  const texts = textsOf(picture(run(24, { calls })));
  const barsOf = (title: string): string =>
    texts
      .slice(texts.indexOf(title) + 2)
      .slice(0, 6)
      .join();
  expect(barsOf('Calls per second')).toBe(
    'mcp-actors,3.00 ×,tmcp,1.50 ×,map of transports, SDK v1,1.00 ×',
  );
  expect(barsOf('CPU of a call')).toBe(
    'mcp-actors,0.250 ×,tmcp,0.500 ×,map of transports, SDK v1,1.00 ×',
  );
  expect(texts.at(-1)).toContain('Node 24.1.0');
  expect(texts.join()).not.toContain('Memory');
});

test('picture says so where there is no map to compare with', () => {
  expect(() => picture(run(24, { calls: { actors: works([1, 1]) } }))).toThrow('Nothing to draw');
});

test('drawBars is one well-formed picture for light and for dark pages', () => {
  const bar = { label: 'a <b> & "c"', value: 1, text: '1 ×', isOurs: true };
  const panel = { title: 't', note: 'n', bars: [bar, { ...bar, value: 4, isOurs: false }] };
  const svg = drawBars([panel, panel, panel], 'about');
  expect(svg).toContain('prefers-color-scheme: dark');
  expect(svg).toContain('a &lt;b&gt; &amp; &quot;c&quot;');
  expect(unclosed(svg)).toEqual([]);
  const widths = Array.from(svg.matchAll(/class="(?:bar|ours)"[^>]* width="([\d.]+)"/g), ([, w]) =>
    Number(w),
  );
  expect(widths[1]! / widths[0]!).toBeCloseTo(4, 1);
});
