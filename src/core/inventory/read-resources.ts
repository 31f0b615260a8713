/** Which resources and autostacks a list is of, and in which order. What is shown of them is not read here. */
import type pg from 'pg';
import { DEFAULT_ACCOUNT, type Datasource } from '../../model.ts';
import { toLikePattern } from '../metrics/like-pattern.ts';
import { type TagFilter, toCanonicalFilters } from '../metrics/tag-filter.ts';
import { isAttributeName } from '../sources/resource-attributes.ts';
import { type BoundConditions, countRows, type KeysetPage, type KeysetRow, readKeyset } from './keyset.ts';

/** What both lists are narrowed by. All conditions have to hold; null lets everything through. */
interface NameSelection {
  /** The one account that asks; null for all. */
  readonly accountId: number | null;
  readonly names: readonly string[] | null;
  /** In any case of letters. */
  readonly nameContains: string | null;
  /** Of the whole name, with the wildcards of tag filters. */
  readonly namePattern: string | null;
  readonly regions: readonly string[] | null;
  readonly types: readonly string[] | null;
}

export interface ResourceSelection extends NameSelection {
  readonly keys:
    | readonly {
        readonly accountId: number;
        readonly region: string;
        readonly type: string;
        readonly resourceId: string;
      }[]
    | null;
  readonly sources: readonly Datasource[] | null;
  readonly states: readonly string[] | null;
  /** Checked ones. */
  readonly tags: readonly TagFilter[] | null;
  /** Having a monitored metric, or none. */
  readonly monitored: boolean | null;
}

export interface AutostackSelection extends NameSelection {
  /** Their uuids. */
  readonly ids: readonly string[] | null;
}

export type ListOrder = 'REGION' | 'NAME';

const RESOURCES = 'resource r';
const RESOURCE_ORDERS: Readonly<Record<ListOrder, readonly string[]>> = {
  REGION: ['r.region', 'r.type', 'r.resource_id', 'r.id'],
  NAME: ['coalesce(r.name, r.resource_id)', 'r.id'],
};
const AUTOSTACKS = 'autostack s';
const AUTOSTACK_ORDERS: Readonly<Record<ListOrder, readonly string[]>> = {
  REGION: ['s.region', 's.name', 's.id'],
  NAME: ['s.name', 's.region', 's.id'],
};

/** How many texts a place of each order has. */
export const ORDER_PARTS = {
  resource: { REGION: RESOURCE_ORDERS.REGION.length, NAME: RESOURCE_ORDERS.NAME.length },
  autostack: { REGION: AUTOSTACK_ORDERS.REGION.length, NAME: AUTOSTACK_ORDERS.NAME.length },
} as const;

export function readResources(
  pool: pg.Pool,
  {
    selection,
    order,
    ...page
  }: KeysetPage & { readonly selection: ResourceSelection; readonly order: ListOrder },
): Promise<readonly KeysetRow[]> {
  const where = bindResources(selection);
  return readKeyset(pool, { table: RESOURCES, columns: RESOURCE_ORDERS[order], where }, page);
}

export function countResources(pool: pg.Pool, selection: ResourceSelection): Promise<number> {
  return countRows(pool, RESOURCES, bindResources(selection));
}

export function readAutostacks(
  pool: pg.Pool,
  {
    selection,
    order,
    ...page
  }: KeysetPage & { readonly selection: AutostackSelection; readonly order: ListOrder },
): Promise<readonly KeysetRow[]> {
  const where = bindAutostacks(selection);
  return readKeyset(pool, { table: AUTOSTACKS, columns: AUTOSTACK_ORDERS[order], where }, page);
}

export function countAutostacks(pool: pg.Pool, selection: AutostackSelection): Promise<number> {
  return countRows(pool, AUTOSTACKS, bindAutostacks(selection));
}

type Bind = (value: unknown) => string;

function bindResources(selection: ResourceSelection): BoundConditions {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const { keys, monitored } = selection;
  const isMonitored = `EXISTS (SELECT FROM metric WHERE metric.resource_id = r.id AND metric.status <> 'UNMONITORED')`;
  const conditions = [
    selection.accountId === null ? 'true' : `r.account_id = ${bind(selection.accountId)}::int`,
    ...listNameConditions(
      selection,
      { names: ['r.name', 'r.resource_id'], region: 'r.region', type: 'r.type' },
      bind,
    ),
    ...isOneOf('r.datasource', 'datasource', selection.sources, bind),
    ...isOneOf('r.state', 'text', selection.states, bind),
    ...(keys === null ? [] : [isOneOfKeys(keys, bind)]),
    ...(monitored === null ? [] : [monitored ? isMonitored : `NOT ${isMonitored}`]),
    ...toCanonicalFilters(selection.tags ?? []).map((filter) => hasTag(filter, bind)),
  ];
  return { conditions, values };
}

function bindAutostacks(selection: AutostackSelection): BoundConditions {
  const values: unknown[] = [];
  const bind: Bind = (value) => `$${values.push(value)}`;
  const conditions = [
    // What the server reads with its own credentials is the default account's.
    selection.accountId === null || selection.accountId === DEFAULT_ACCOUNT ? 'true' : 'false',
    ...listNameConditions(
      selection,
      { names: ['s.name'], region: 's.region', type: 's.resource_type' },
      bind,
    ),
    ...isOneOf('s.id', 'uuid', selection.ids, bind),
  ];
  return { conditions, values };
}

function listNameConditions(
  { nameContains, namePattern, ...selection }: NameSelection,
  columns: { readonly names: readonly string[]; readonly region: string; readonly type: string },
  bind: Bind,
): readonly string[] {
  const anyName = (test: (column: string) => string) => `(${columns.names.map(test).join(' OR ')})`;
  const like = namePattern === null ? '' : bind(toLikePattern(namePattern));
  const part = nameContains === null ? '' : bind(nameContains);
  const names = selection.names === null ? '' : bind(selection.names);
  return [
    ...(names === '' ? [] : [anyName((column) => `${column} = ANY(${names}::text[])`)]),
    ...(part === '' ? [] : [anyName((column) => `strpos(lower(${column}), lower(${part})) > 0`)]),
    ...(like === '' ? [] : [anyName((column) => `${column} LIKE ${like}`)]),
    ...isOneOf(columns.region, 'text', selection.regions, bind),
    ...isOneOf(columns.type, 'text', selection.types, bind),
  ];
}

function isOneOf(
  column: string,
  type: string,
  values: readonly string[] | null,
  bind: Bind,
): readonly string[] {
  return values === null ? [] : [`${column} = ANY(${bind(values)}::${type}[])`];
}

function isOneOfKeys(keys: NonNullable<ResourceSelection['keys']>, bind: Bind): string {
  const [regions, types, ids] = [
    keys.map(({ region }) => region),
    keys.map(({ type }) => type),
    keys.map(({ resourceId }) => resourceId),
  ].map((column) => `${bind(column)}::text[]`);
  const accounts = `${bind(keys.map(({ accountId }) => accountId))}::int[]`;
  return `(r.account_id, r.region, r.type, r.resource_id) IN (SELECT * FROM unnest(${accounts}, ${regions ?? ''}, ${types ?? ''}, ${ids ?? ''}))`;
}

/** What `matchesTags` says of one filter, as a condition. @param filter a checked one with a canonical key */
function hasTag({ key, values }: TagFilter, bind: Bind): string {
  const isLike = `LIKE ANY(${bind(values.map(toLikePattern))}::text[])`;
  if (key === 'instance-state-name') return `r.state ${isLike}`;
  if (key === 'instance-id' || key === 'volume-id') return `r.resource_id ${isLike}`;
  if (key === 'tag-key')
    return `EXISTS (SELECT FROM jsonb_array_elements(r.tags) AS tag WHERE tag->>'key' ${isLike})`;
  if (isAttributeName(key)) {
    return `EXISTS (SELECT FROM jsonb_array_elements_text(coalesce(r.attributes->${bind(key)}, '[]')) AS held WHERE held ${isLike})`;
  }
  const name = key.startsWith('tag:') ? key.slice('tag:'.length) : key;
  return `EXISTS (SELECT FROM jsonb_array_elements(r.tags) AS tag WHERE tag->>'key' = ${bind(name)} AND tag->>'value' ${isLike})`;
}
