import { describe, expect, it } from 'vitest';
import { type Found, keepKind, type Kept, listFound } from '../../src/web/search/list-found.ts';
import { keepRecent, MAX_RECENT, readRecent } from '../../src/web/search/recent.ts';

type Answer = Exclude<Parameters<typeof listFound>[2], undefined>;

const ANSWER: Answer = {
  metrics: {
    totalCount: 10,
    nodes: [
      { id: 'm/1', name: 'web.latency', server: 'web-1', status: 'ACTIVE' },
      { id: 'm2', name: 'web.seen', server: 'web.seen', status: 'UNMONITORED' },
    ],
  },
  resources: { totalCount: 1, nodes: [{ id: 'r', name: null, server: 'us/web-1' }] },
  autostacks: { totalCount: 0, nodes: [] },
  incidents: {
    nodes: [
      {
        id: 'i',
        metricName: 'web.latency',
        instance: 'web-1',
        state: 'FIRING',
        startedAt: '2026-01-02T03:04:05.000Z',
        ruleName: 'All',
      },
    ],
    pageInfo: { hasNextPage: true },
  },
};
const RULES = [
  { id: 'a', name: 'Web at night', enabled: false },
  { id: 'b', name: 'Disks', enabled: true },
];
const RECENT: Found = { kind: 'Metric', name: 'web.latency', detail: 'web-1', href: '/metric/m%2F1' };

const keep = (...recent: readonly Found[]): Kept => ({ views: [], favourites: [], recent });

describe('the list of the search', () => {
  it('has saved views and favourites before all others, each once', () => {
    const kept: Kept = {
      views: [{ name: 'Web, critical', href: '/?q=web&least=RED' }],
      favourites: [
        { name: 'web.latency · web-1', href: RECENT.href },
        { name: 'disk', href: '/metric/d' },
      ],
      recent: [RECENT],
    };
    const groups = listFound('WEB', kept, undefined, []);
    expect(groups.map(({ title, found }) => [title, ...found.map(({ href }) => href)])).toEqual([
      ['Saved views', '/?q=web&least=RED'],
      ['Favourites', '/metric/m%2F1'],
    ]);
    expect(keepKind(groups, 'Metric').map(({ title }) => title)).toEqual(['Favourites']);
  });

  it('has recent ones and pages before anything is typed', () => {
    const groups = listFound('', keep(RECENT), undefined, RULES);
    expect(groups.map(({ title }) => title)).toEqual(['Recent', 'Pages']);
    expect(groups[1]?.found.length).toBeGreaterThan(10);
  });

  it('has every kind, recent ones first, each thing once, and says of how many', () => {
    const groups = listFound(
      'web',
      keep(RECENT, { ...RECENT, name: 'disk', detail: '', href: '/x' }),
      ANSWER,
      RULES,
    );
    expect(groups.map(({ title, found, more }) => [title, more, ...found.map(({ href }) => href)])).toEqual([
      ['Recent', 0, '/metric/m%2F1'],
      ['Metrics', 8, '/metric/m2'],
      ['Resources', 0, '/?q=us%2Fweb-1&open=us%2Fweb-1'],
      ['Incidents', null, '/incidents/i'],
      ['Rules', 0, '/rules/a'],
    ]);
    expect(groups.flatMap(({ found }) => found.map(({ detail }) => detail))).toEqual([
      'web-1',
      'unmonitored',
      '',
      'firing · 2026-01-02 03:04 UTC · web-1 · All',
      'disabled',
    ]);
  });

  it('finds pages by a part of their name, capitals or not', () => {
    const [group] = listFound('AUDIT', keep(), undefined, []);
    expect(group?.found.map(({ href }) => href)).toEqual(['/server/audit']);
    expect(listFound('no such thing', keep(RECENT), undefined, RULES)).toEqual([]);
  });
});

describe('the list of one kind', () => {
  it('has nothing of another one, recent ones neither', () => {
    const rule: Found = { kind: 'Rule', name: 'web rule', detail: '', href: '/rules/x' };
    const groups = keepKind(listFound('web', keep(rule, RECENT), ANSWER, RULES), 'Metric');
    expect(groups.map(({ title, found }) => [title, ...found.map(({ href }) => href)])).toEqual([
      ['Recent', '/metric/m%2F1'],
      ['Metrics', '/metric/m2'],
    ]);
  });
});

describe('what was opened recently', () => {
  it('is kept newest first, each once, and not without limit', () => {
    const storage = makeStorage();
    for (let number = 0; number < MAX_RECENT + 3; number++)
      keepRecent({ ...RECENT, href: `/metric/${number % (MAX_RECENT + 2)}` }, storage);
    const kept = readRecent(storage).map(({ href }) => href);
    expect(kept).toHaveLength(MAX_RECENT);
    expect(kept.slice(0, 2)).toEqual(['/metric/0', `/metric/${MAX_RECENT + 1}`]);
    expect(new Set(kept).size).toBe(MAX_RECENT);
  });

  it.each([
    ['not JSON', '{'],
    ['no list', '{}'],
    ['other things', '[null, 1, {"href": "/a"}]'],
    ['an address elsewhere', JSON.stringify([{ ...RECENT, href: '//elsewhere.example' }])],
    ['a script', JSON.stringify([{ ...RECENT, href: 'javascript:alert(1)' }])],
  ])('is nothing when what is stored is %s', (_, stored) => {
    expect(readRecent(makeStorage(stored))).toEqual([]);
  });
});

/** As much of a browser's storage as is used. */
function makeStorage(stored?: string): Storage {
  const items = new Map<string, string>(stored === undefined ? [] : [['lapwing-recent', stored]]);
  return {
    length: items.size,
    clear: () => items.clear(),
    key: () => null,
    getItem: (name) => items.get(name) ?? null,
    removeItem: (name) => void items.delete(name),
    setItem: (name, value) => void items.set(name, value),
  };
}
