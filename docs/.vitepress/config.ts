/** The site of the documents: the pages of docs/ as they are, grouped by what a reader wants of them. */
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig, type MarkdownRenderer } from 'vitepress';

const DOCS = fileURLToPath(new URL('..', import.meta.url));

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Tutorials: ['first-anomaly', 'first-queries'],
  'How to': [
    'push',
    'aws',
    'prometheus',
    'prometheus-source',
    'monitoring-policies',
    'notifications',
    'configuration',
    'deploy',
    'cluster',
    'high-availability',
    'backup',
    'access',
    'login',
    'monitoring',
    'labels-and-downloads',
    'embedding',
    'page',
  ],
  Reference: [
    'reference/graphql',
    'reference/settings',
    'reference/cli',
    'reference/metrics',
    'reference/messages',
    'cloudwatch',
    'limits',
    'client/README',
  ],
  Explanation: [
    'detector',
    'resources',
    'bars',
    'guarantees',
    'packed-samples',
    'slow-readers',
    'throughput',
  ],
};

/** The heading of the page, which is its name everywhere. */
function titleOf(page: string): string {
  const [, title] = /^# (.+)$/m.exec(readFileSync(join(DOCS, `${page}.md`), 'utf8')) ?? [];
  if (title === undefined) throw new Error(`docs/${page}.md has no heading`);
  return title;
}

type Token = Parameters<NonNullable<MarkdownRenderer['renderer']['rules']['text']>>[0][number];

function unlink(tokens: readonly Token[], folder: string): void {
  let isOut = false;
  for (const token of tokens) {
    if (token.type === 'link_open') isOut = leadsOut(token.attrGet('href') ?? '', folder);
    if (!isOut || !token.type.startsWith('link_')) continue;
    token.tag = 'span';
    token.attrs = null;
  }
}

function leadsOut(href: string, folder: string): boolean {
  if (/^(?:[a-z]+:|#|\/)/.test(href)) return false;
  const [path = ''] = href.split('#');
  const target = normalize(join(folder, path));
  return target.startsWith('..') || !target.endsWith('.md');
}

export default defineConfig({
  title: 'Lapwing',
  description: 'Detects anomalies in metrics and streams them live over GraphQL',
  outDir: './dist',
  rewrites: { 'README.md': 'index.md', 'client/README.md': 'client/index.md' },
  lastUpdated: false,
  themeConfig: {
    search: {
      provider: 'local',
      options: {
        // A link in a heading would be taken for the place of the heading.
        _render: (source, env, markdown) =>
          markdown.render(
            source.replaceAll(/^#.*$/gm, (heading) => heading.replaceAll(/\[(.*?)\]\([^)]*\)/g, '$1')),
            env,
          ),
      },
    },
    outline: [2, 3],
    sidebar: Object.entries(GROUPS).map(([text, pages]) => ({
      text,
      items: pages.map((page) => ({ text: titleOf(page), link: `/${page.replace(/README$/, '')}` })),
    })),
  },
  markdown: {
    languageAlias: { promql: 'sql' },
    config: (markdown) => {
      // Braces are part of what is written, templates of notifications for example, and no expressions of the site.
      const render = markdown.render.bind(markdown);
      markdown.render = (source, env) => render(source, env).replaceAll('{{', '&#123;&#123;');
      // Files of the project that are no pages: their names are shown, and lead nowhere on the site.
      markdown.core.ruler.push('links-out-of-docs', ({ tokens, env }) => {
        const folder = dirname((env as { readonly relativePath: string }).relativePath);
        for (const { children } of tokens) unlink(children ?? [], folder);
      });
    },
  },
});
