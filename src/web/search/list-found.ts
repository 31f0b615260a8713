/** What the search shows, in which order. */
import type { SearchQuery, SearchRulesQuery } from '../generated/graphql.ts';
import type { Whole } from '../api/whole.ts';
import type { Saved } from '../saved/saved-list.ts';
import { INCIDENT_PAGES, SERVER_PAGES } from '../parts/pages.ts';

/** One thing that can be opened. */
export interface Found {
  readonly kind: string;
  readonly name: string;
  /** What distinguishes it from others of its name. */
  readonly detail: string;
  readonly href: string;
}

export interface FoundGroup {
  readonly title: string;
  readonly found: readonly Found[];
  /** How many there are that are not shown; null when it is only known that there are some. */
  readonly more: number | null;
}

const MAX_RULES = 5;

const PAGES: readonly (readonly [string, string])[] = [
  ['/', 'Overview'],
  ['/?wall=1', 'Wall screen'],
  ...INCIDENT_PAGES,
  ['/rules/new', 'New rule'],
  ['/unmonitored', 'Unmonitored metrics'],
  ['/add', 'Add resources'],
  ['/add/autostack', 'Add autostack'],
  ['/add/influxdb', 'Add InfluxDB series'],
  ['/add/pushed', 'Add pushed metric'],
  ['/add/transfer', 'Import and export'],
  ...SERVER_PAGES,
];

const STATES = {
  PENDING: 'pending',
  FIRING: 'firing',
  RECOVERING: 'recovering',
  ENDED: 'resolved',
} as const;

/** What this browser keeps. */
export interface Kept {
  readonly views: readonly Saved[];
  readonly favourites: readonly Saved[];
  readonly recent: readonly Found[];
}

/**
 * Groups with something in them: saved views, favourites and recent ones first, then what the server found, then pages; each thing once.
 * @param text what is searched for; recent ones and all pages when empty
 */
export function listFound(
  text: string,
  kept: Kept,
  answer: Whole<SearchQuery> | undefined,
  rules: Whole<SearchRulesQuery>['notificationRules'],
): readonly FoundGroup[] {
  const matching = kept.recent.filter(({ name, detail }) => includes(name, text) || includes(detail, text));
  const listSaved = (kind: Found['kind'], saved: readonly Saved[]) =>
    saved.filter(({ name }) => includes(name, text)).map(({ name, href }) => found(kind, name, '', href));
  const groups = [
    group('Saved views', listSaved('View', kept.views)),
    group('Favourites', listSaved('Metric', kept.favourites)),
    group('Recent', matching),
    ...(text === '' || answer === undefined ? [] : listAnswer(answer)),
    ...(text === '' ? [] : [listRules(rules, text)]),
    group(
      'Pages',
      PAGES.filter(([, name]) => includes(name, text)).map(([href, name]) => found('Page', name, '', href)),
    ),
  ];
  const shown = new Set<string>();
  return groups
    .map((one) => ({ ...one, found: one.found.filter(({ href }) => !shown.has(href) && shown.add(href)) }))
    .filter((one) => one.found.length > 0);
}

/** What is of one kind, in its groups. */
export function keepKind(groups: readonly FoundGroup[], wanted: Found['kind']): readonly FoundGroup[] {
  return groups
    .map((one) => ({ ...one, found: one.found.filter(({ kind }) => kind === wanted) }))
    .filter((one) => one.found.length > 0);
}

function listAnswer({ metrics, resources, autostacks, incidents }: Whole<SearchQuery>): FoundGroup[] {
  return [
    group(
      'Metrics',
      metrics.nodes.map(({ id, name, server, status }) =>
        found(
          'Metric',
          name,
          join(server === name ? '' : server, status === 'UNMONITORED' ? 'unmonitored' : ''),
          `/metric/${encodeURIComponent(id)}`,
        ),
      ),
      metrics.totalCount,
    ),
    group(
      'Resources',
      resources.nodes.map(({ name, server }) =>
        found('Resource', name ?? server, name === null ? '' : server, linkToRow(name ?? server, server)),
      ),
      resources.totalCount,
    ),
    group(
      'Autostacks',
      autostacks.nodes.map(({ name, region }) => found('Autostack', name, region, linkToRow(name))),
      autostacks.totalCount,
    ),
    {
      ...group(
        'Incidents',
        incidents.nodes.map(({ id, metricName, instance, state, startedAt, ruleName }) =>
          found(
            'Incident',
            metricName,
            join(STATES[state], `${startedAt.slice(0, 16).replace('T', ' ')} UTC`, instance, ruleName),
            `/incidents/${encodeURIComponent(id)}`,
          ),
        ),
      ),
      more: incidents.pageInfo.hasNextPage ? null : 0,
    },
  ];
}

function listRules(rules: Whole<SearchRulesQuery>['notificationRules'], text: string): FoundGroup {
  const matching = rules.filter(({ name }) => includes(name, text));
  return group(
    'Rules',
    matching
      .slice(0, MAX_RULES)
      .map(({ id, name, enabled }) =>
        found('Rule', name, enabled ? '' : 'disabled', `/rules/${encodeURIComponent(id)}`),
      ),
    matching.length,
  );
}

/** The overview with nothing but this in it, and its metrics when it has some. */
function linkToRow(name: string, server?: string): string {
  const params = new URLSearchParams({ q: name });
  if (server !== undefined) params.set('open', server);
  return `/?${params.toString()}`;
}

function group(title: string, members: readonly Found[], total = members.length): FoundGroup {
  return { title, found: members, more: total - members.length };
}

function found(kind: string, name: string, detail: string, href: string): Found {
  return { kind, name, detail, href };
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}

function includes(name: string, text: string): boolean {
  return name.toLowerCase().includes(text.toLowerCase());
}
