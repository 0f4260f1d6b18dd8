import type { Page } from 'playwright-core';

/** A text on the page, and how large it is on the screen. */
export interface SmallText {
  readonly text: string;
  readonly size: number;
}

/** Measures all text in sight: texts below `least` pixels, and the size of the smallest of all. */
export function smallTexts(page: Page, least: number) {
  return page.evaluate((limit) => {
    const all: { text: string; size: number }[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { textContent, parentElement } = walker.currentNode;
      const text = textContent?.trim() ?? '';
      if (text === '' || parentElement?.checkVisibility() !== true) continue;
      // Descriptions in a chart are shown by the browser, not drawn.
      if (parentElement.closest('title, .hidden') !== null) continue;
      const drawn = Number.parseFloat(getComputedStyle(parentElement).fontSize);
      const chart = parentElement.closest('svg');
      const onScreen = chart?.getBoundingClientRect();
      // How much larger or smaller than drawn a chart is on the screen.
      const scale =
        chart === null || onScreen === undefined
          ? 1
          : Math.min(
              onScreen.width / chart.viewBox.baseVal.width,
              onScreen.height / chart.viewBox.baseVal.height,
            );
      all.push({ text, size: Math.round(drawn * scale * 100) / 100 });
    }
    return {
      texts: all.filter(({ size }) => size < limit),
      least: Math.min(...all.map(({ size }) => size)),
    };
  }, least);
}
