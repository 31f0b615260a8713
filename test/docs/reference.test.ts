import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeMessages, writeReference } from '../../docs/generate.ts';

const ROOT = join(import.meta.dirname, '../..');
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !file.includes('node_modules'))
    .map((file) => `docs/${file}`),
];
const textOf = (page: string) => readFileSync(join(ROOT, page), 'utf8');

describe('the reference pages', () => {
  it.each([...writeReference()])('%s is what the code says: npm run docs', (name, text) => {
    expect(textOf(`docs/reference/${name}`)).toBe(text);
  });
});

describe('the page of received messages', () => {
  it('shows what the channels receive: npm run docs', async () => {
    expect(textOf('docs/reference/messages.md')).toBe(await writeMessages());
  });
});

describe('links between pages', () => {
  it('lead to every page from the list of all, and from the menu of the site', () => {
    const menu = textOf('docs/.vitepress/config.ts');
    for (const page of pages.filter((one) => one.startsWith('docs/') && one !== 'docs/README.md')) {
      const name = page.slice('docs/'.length);
      expect(textOf('docs/README.md')).toContain(`](${name})`);
      expect(menu).toContain(`'${name.replace(/\.md$/, '')}'`);
    }
  });

  it('lead to files and headings that exist', () => {
    const broken = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
        .filter(([, path = '', anchor]) => !leadsSomewhere(page, path, anchor))
        .map(([link]) => `${page}: ${link}`),
    );
    expect(broken).toEqual([]);
  });
});

function leadsSomewhere(page: string, path: string, anchor: string | undefined): boolean {
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, target))) return false;
  if (anchor === undefined || !target.endsWith('.md')) return true;
  return listAnchors(textOf(target)).has(anchor);
}

/** As Markdown renderers make them of headings. */
function listAnchors(text: string): ReadonlySet<string> {
  return new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
