/** Ids as callers see them: `Metric:<uuid>`, `ApiKey:<id>`, `Resource:<datasource>[-<account>]://<region>/<type>/<id>`. Never base64. */
import { InvalidInputError } from '../../../errors.ts';
import type { SamplePlace } from '../../../core/samples/read-samples.ts';
import { DATASOURCES, DEFAULT_ACCOUNT, type Datasource } from '../../../model.ts';

/** What makes a resource the same one. */
export interface ResourceKey {
  readonly accountId: number;
  readonly datasource: Datasource;
  readonly region: string;
  readonly type: string;
  readonly resourceId: string;
}

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
/** Types whose things are named by a uuid. */
const UUID_TYPES: ReadonlySet<string> = new Set([
  'Metric',
  'MonitoringPolicy',
  'Autostack',
  'Annotation',
  'AnomalyLabel',
  'Incident',
  'Notification',
  'NotificationChannel',
  'NotificationRule',
  'PanelLink',
  'Silence',
]);
/** The part of an API key that may be shown. */
const API_KEY = /^[A-Za-z0-9_-]{1,64}$/;
const SAMPLE = /^([1-9]\d{0,9})@(\d{1,15})$/;
const RESOURCE = /^([a-z]+)(?:-([1-9]\d{0,8}))?:\/\/([^/]*)\/([^/]+)\/(.+)$/s;
/** Keys of metrics are integers of PostgreSQL. */
const MAX_KEY = 2 ** 31 - 1;
/** An id is repeated in messages; a longer one is cut. */
const SHOWN_LENGTH = 200;

export function writeNodeId(typename: string, id: bigint | number | string): string {
  return `${typename}:${id}`;
}

/**
 * Takes an id of any type apart.
 * @throws InvalidInputError when it is not of the form of any type, with `path`
 */
export function readNodeId(text: string, path: readonly string[] = ['id']): { typename: string; id: string } {
  const found = findNodeId(text);
  if (found !== null) return found;
  throw InvalidInputError.at(path, `${quote(text)} is not the id of anything`);
}

/** The same; null for what is not of the form of any type. */
export function findNodeId(text: string): { typename: string; id: string } | null {
  const colon = text.indexOf(':');
  const typename = text.slice(0, Math.max(0, colon));
  const id = text.slice(colon + 1);
  if (UUID_TYPES.has(typename) && UUID.test(id.toLowerCase())) return { typename, id: id.toLowerCase() };
  if (typename === 'ApiKey' && API_KEY.test(id)) return { typename, id };
  if (typename === 'Resource' && parseResourceKey(id) !== null) return { typename, id };
  if (typename === 'MetricData' && parseSampleKey(id) !== null) return { typename, id };
  return null;
}

/**
 * The uuid in a metric's id.
 * @throws InvalidInputError when it is malformed or of another type
 */
export function readMetricId(text: string, path: readonly string[] = ['id']): string {
  return readIdOf('Metric', text, path);
}

/**
 * The parts after the colon of a list of ids of a type; null stays null.
 * @throws InvalidInputError for one that is malformed or of another type
 */
export function readIdsOf(
  wanted: string,
  texts: readonly string[] | null | undefined,
  path: readonly string[],
): string[] | null {
  return texts?.map((text, index) => readIdOf(wanted, text, [...path, String(index)])) ?? null;
}

/**
 * What a resource's id names.
 * @throws InvalidInputError when it is malformed or of another type
 */
export function readResourceId(text: string, path: readonly string[] = ['id']): ResourceKey {
  const key = parseResourceKey(readIdOf('Resource', text, path));
  if (key === null) throw new Error('readNodeId let a malformed resource id pass');
  return key;
}

/** The part of a resource's id after its type's name. */
export function writeResourceKey({ accountId, datasource, region, type, resourceId }: ResourceKey): string {
  const account = accountId === DEFAULT_ACCOUNT ? '' : `-${accountId}`;
  return `${datasource.toLowerCase()}${account}://${region}/${type}/${resourceId}`;
}

/** Null when the text is not of the form `writeResourceKey` gives. */
export function parseResourceKey(text: string): ResourceKey | null {
  const [, scheme, account, region, type, resourceId] = RESOURCE.exec(text) ?? [];
  const datasource = DATASOURCES.find((name) => name.toLowerCase() === scheme);
  if (datasource === undefined || region === undefined || type === undefined || resourceId === undefined) {
    return null;
  }
  if (text.includes('\0')) return null;
  const accountId = account === undefined ? DEFAULT_ACCOUNT : Number(account);
  return { accountId, datasource, region, type, resourceId };
}

/** The part of a sample's id after its type's name: the key of its metric, and its time. */
export function writeSampleKey({ metricNumber, timestampMs }: SamplePlace): string {
  return `${metricNumber}@${timestampMs}`;
}

/** Null when the text is not of the form `writeSampleKey` gives. */
export function parseSampleKey(text: string): SamplePlace | null {
  const [, number, time] = SAMPLE.exec(text) ?? [];
  if (number === undefined || time === undefined || Number(number) > MAX_KEY) return null;
  return { metricNumber: Number(number), timestampMs: Number(time) };
}

/**
 * The part after the colon of an id of a type.
 * @throws InvalidInputError when it is malformed or of another type
 */
export function readIdOf(wanted: string, text: string, path: readonly string[]): string {
  const { typename, id } = readNodeId(text, path);
  if (typename === wanted) return id;
  throw InvalidInputError.at(path, `expected an id of ${wanted}, but ${quote(text)} is one of ${typename}`);
}

/**
 * The same of ids that were given without their type before they became global: both forms are read.
 * @throws InvalidInputError when it is of another type
 */
export function readIdOrBare(wanted: string, text: string, path: readonly string[]): string {
  return text.includes(':') ? readIdOf(wanted, text, path) : text;
}

function quote(text: string): string {
  return JSON.stringify(text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text);
}
