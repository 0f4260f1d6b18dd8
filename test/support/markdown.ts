import { readFileSync } from 'node:fs';

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The file it shows whole, from the comment before it. */
  readonly example: string | undefined;
}

/** A page of the documentation, by its path from the root of the project. */
export class Page {
  readonly path: string;
  readonly text: string;

  constructor(root: URL, path: string) {
    this.path = path;
    this.text = readFileSync(new URL(path, root), 'utf8');
  }

  get blocks(): Block[] {
    const fence = /(?:<!-- example: (\S+) -->\n\n)?^```(\w+)\n(.*?)^```$/gms;
    return Array.from(this.text.matchAll(fence), (match) => {
      const [, example, language = '', text = ''] = match;
      const line = this.text.slice(0, match.index).split('\n').length;
      return { page: this.path, line, language, text, example };
    });
  }

  /** The text without its blocks. */
  get prose(): string {
    return this.text.replaceAll(/^```.*?^```$/gms, '');
  }

  get headings(): string[] {
    return Array.from(this.prose.matchAll(/^#+ (.+)$/gm), ([, heading]) => heading!);
  }

  /** Names that a link may have behind its `#`. */
  get anchors(): Set<string> {
    const count = new Map<string, number>();
    return new Set(
      this.headings.map(anchorOf).map((anchor) => {
        const nth = count.get(anchor) ?? 0;
        count.set(anchor, nth + 1);
        return nth === 0 ? anchor : `${anchor}-${nth}`;
      }),
    );
  }

  /** Targets of links and pictures that do not leave the project, in Markdown or in HTML. */
  get links(): string[] {
    const targets = this.prose.matchAll(/\]\(([^)\s]+)\)|\b(?:href|src|srcset)="([^"\s]+)/g);
    return Array.from(targets, ([, inText, inTag]) => (inText ?? inTag)!).filter(
      (target) => !target.includes('://'),
    );
  }

  /** The text under a heading, up to the next one. */
  section(heading: string): string {
    const after = this.text.split(`\n${heading}\n`)[1] ?? '';
    return after.split(/^#+ /m)[0]!;
  }

  /** The rows of all tables whose first cell is one name in code, by that name. */
  get rows(): Map<string, string[]> {
    const rows = Array.from(this.prose.matchAll(/^\| `([^`|]+)` +\|(.*)\|$/gm), (match) => {
      const [, name, rest] = match;
      return [name!, rest!.split('|').map((cell) => cell.trim())] as const;
    });
    return new Map(rows);
  }
}

/** As GitHub makes them: lower case, punctuation gone, spaces to dashes. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');
}
