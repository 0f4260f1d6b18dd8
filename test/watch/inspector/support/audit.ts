import type { Page } from 'playwright-core';

/** Elements in sight that do something, or are a place of their own, without a name. */
export function unnamed(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const asked =
      'a, button, input, select, meter, dialog, [role=grid], [role=tabpanel], [role=tablist], [role=region], [role=group], [role=img], [role=columnheader], [role=tab], nav, section';
    return [...document.querySelectorAll(asked)]
      .filter((element) => {
        const { ariaLabel, textContent } = element;
        const by = element.getAttribute('aria-labelledby');
        const other = by === null ? '' : document.getElementById(by)?.textContent;
        const labels = [...((element as HTMLInputElement).labels ?? [])];
        const label = labels.map((each) => each.textContent).join('');
        const isNamedByContent = element.matches('a, button, [role=tab], [role=columnheader]');
        const content = isNamedByContent ? textContent : '';
        const name = ariaLabel || other || label || content;
        return element.checkVisibility() && name.trim() === '';
      })
      .map((each) => each.outerHTML.slice(0, 120));
  });
}

/** Texts in sight that stand out from what is behind them by less than `least` to 1 (WCAG 1.4.3). */
export function contrasts(page: Page, least: number): Promise<string[]> {
  return page.evaluate((limit) => {
    const number = /[\d.]+/g;
    const partsOf = (color: string): number[] => (color.match(number) ?? []).map(Number);
    const lightOf = (color: string): number => {
      const [r = 0, g = 0, b = 0] = partsOf(color).map((part) => {
        const value = part / 255;
        return value <= 0.039_28 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element: Element | null): string => {
      if (element === null) return 'rgb(255, 255, 255)';
      const { backgroundColor } = getComputedStyle(element);
      const [, , , alpha = 1] = partsOf(backgroundColor);
      return alpha === 1 ? backgroundColor : behind(element.parentElement);
    };
    const faint = new Set<string>();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const { textContent, parentElement } = walker.currentNode;
      const text = textContent?.trim() ?? '';
      if (text === '' || parentElement?.checkVisibility() !== true) continue;
      if (parentElement.closest('title, option, .hidden') !== null) continue;
      const { color, fill } = getComputedStyle(parentElement);
      const state = parentElement.closest('svg .active');
      const box = state?.querySelector('rect');
      const paper = box ? getComputedStyle(box).fill : behind(parentElement);
      const ink = parentElement.closest('svg') === null ? color : fill;
      const [a = 0, b = 0] = [lightOf(ink), lightOf(paper)].toSorted((x, y) => y - x);
      const contrast = (a + 0.05) / (b + 0.05);
      if (contrast < limit) faint.add(`${text}: ${contrast.toFixed(2)} (${ink} on ${paper})`);
    }
    return [...faint];
  }, least);
}
