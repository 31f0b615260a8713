/**
 * Whether there is such a metric. CloudWatch answers a name nobody has with an empty series, for ever: what the catalogue
 * does not know is looked up in ListMetrics before it is monitored. Only what is listed speaks against a name; without an
 * answer, or with nothing to compare with, the name is taken.
 */
import { NotSupportedError } from '../../../errors.ts';
import { CATALOGUE, findInCatalogue } from './catalogue.ts';
import type { AwsClients } from './clients.ts';
import { parseCloudwatchSpec, type CloudwatchSpec } from './spec.ts';

/** Callers wait for no longer. */
const MAX_WAIT_MS = 5000;
/** How long a region that did not answer is not asked again. */
const SILENCE_MS = 60_000;
const MAX_NAMED = 10;
/** Of one question; each holds up to 500 metrics. */
const MAX_PAGES = 10;
/** CloudWatch's own limit of a question. */
const MAX_FILTERED_DIMENSIONS = 10;
const HOW_ELSE =
  'a new metric is listed some minutes after its first value; `unlisted: true` takes it all the same';

/** A metric as CloudWatch lists it. */
interface Listed {
  readonly metric: string;
  /** Sorted. */
  readonly dimensions: readonly string[];
}

interface Filter {
  readonly namespace: string;
  readonly metric?: string;
  /** Those a metric has at least. */
  readonly dimensions?: readonly string[];
}
interface Listing {
  readonly listed: readonly Listed[];
  /** Whether that is all there is. */
  readonly isWhole: boolean;
}
/** Pages may be empty though others follow. @param isEnough no more pages are read once it is true of one */
type ListMetrics = (filter: Filter, isEnough: (page: readonly Listed[]) => boolean) => Promise<Listing>;

/**
 * @param options.onUnconfirmed called for each name that is taken because CloudWatch did not answer
 * @param options.now milliseconds since 1970
 * @returns a function that throws InvalidInputError for a bad spec, NotSupportedError for what is not listed
 */
export function createConfirmMetric(
  client: AwsClients['cloudwatch'],
  options: {
    readonly onUnconfirmed: () => void;
    readonly now?: () => number;
    readonly maxWaitMs?: number;
  },
): (spec: unknown) => Promise<void> {
  const { onUnconfirmed, now = Date.now, maxWaitMs = MAX_WAIT_MS } = options;
  /** By region; no more than AWS has. */
  const silentUntil = new Map<string, number>();

  return async (given) => {
    const spec = parseCloudwatchSpec(given);
    const names = spec.dimensions.map(({ name }) => name);
    if (findInCatalogue(spec.namespace, spec.metric, names)?.row != null) return;
    if ((silentUntil.get(spec.region) ?? 0) > now()) {
      onUnconfirmed();
      return;
    }
    const signal = AbortSignal.timeout(maxWaitMs);
    try {
      const problem = await Promise.race([
        findProblem(spec, listVia(client, spec.region, signal)),
        rejectAt(signal),
      ]);
      if (problem !== null) throw new NotSupportedError(problem);
    } catch (error) {
      if (error instanceof NotSupportedError) throw error;
      // No answer speaks against nothing. Reading the metric will show what is wrong; the next of many need not wait.
      silentUntil.set(spec.region, now() + SILENCE_MS);
      onUnconfirmed();
    }
  };
}

/** Looking for credentials does not heed the signal. */
function rejectAt(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
  });
}

/** Null for nothing to say against it. What was not looked at to the end says nothing either. */
async function findProblem(spec: CloudwatchSpec, list: ListMetrics): Promise<string | null> {
  const { namespace, metric } = spec;
  const names = spec.dimensions.map(({ name }) => name);
  const wanted = nameSet(names);
  const isWanted = (one: Listed) => nameSet(one.dimensions) === wanted;
  const filter = { namespace, metric, dimensions: names.slice(0, MAX_FILTERED_DIMENSIONS) };
  const same = await list(filter, (page) => page.some(isWanted));
  if (same.listed.some(isWanted) || !same.isWhole) return null;
  const ofMetric = await list({ namespace, metric }, isFilled);
  if (ofMetric.listed.length > 0) return describeDimensions(spec, wanted, ofMetric.listed);
  const ofNamespace = ofMetric.isWhole ? await list({ namespace }, isFilled) : ofMetric;
  return ofNamespace.isWhole || isFilled(ofNamespace.listed) ? checkNames(spec, ofNamespace.listed) : null;
}

function isFilled(page: readonly Listed[]): boolean {
  return page.length > 0;
}

function describeDimensions(
  { namespace, metric }: CloudwatchSpec,
  wanted: string,
  series: readonly Listed[],
): string {
  const sets = new Set(series.map((one) => nameSet(one.dimensions)));
  const known = [...sets].slice(0, MAX_NAMED).join(' or ');
  return `dimensions: CloudWatch lists ${namespace}/${metric} with ${known}, not with ${wanted}; ${HOW_ELSE}`;
}

function checkNames({ region, namespace, metric }: CloudwatchSpec, listed: readonly Listed[]): string | null {
  if (listed.length > 0) {
    const names = [...new Set(listed.map((one) => one.metric))].slice(0, MAX_NAMED).join(', ');
    const what = JSON.stringify(metric);
    return `metric: CloudWatch lists no ${what} in ${namespace} of ${region}; it lists ${names}; ${HOW_ELSE}`;
  }
  // Nothing is listed of a namespace of one's own before it is first used. Those of AWS are known.
  const isOfAws = namespace.startsWith('AWS/');
  if (!isOfAws || CATALOGUE.some((type) => type.namespace === namespace)) return null;
  return `namespace: CloudWatch lists nothing of ${JSON.stringify(namespace)} in ${region}; ${HOW_ELSE}`;
}

function nameSet(names: readonly string[]): string {
  return names.length === 0 ? 'no dimensions' : names.toSorted().join(' and ');
}

function listVia(clientOf: AwsClients['cloudwatch'], region: string, signal: AbortSignal): ListMetrics {
  return async ({ namespace, metric, dimensions = [] }, isEnough) => {
    const [client, { paginateListMetrics }] = await Promise.all([
      clientOf(region),
      import('@aws-sdk/client-cloudwatch'),
    ]);
    const question = {
      Namespace: namespace,
      MetricName: metric,
      ...(dimensions.length > 0 && { Dimensions: dimensions.map((name) => ({ Name: name })) }),
    };
    const listed: Listed[] = [];
    let pages = 0;
    for await (const { Metrics = [] } of paginateListMetrics({ client }, question, { abortSignal: signal })) {
      const page = Metrics.flatMap(({ MetricName, Dimensions = [] }) => {
        if (MetricName === undefined) return [];
        return [{ metric: MetricName, dimensions: Dimensions.flatMap(({ Name }) => Name ?? []) }];
      });
      listed.push(...page);
      if (isEnough(page) || ++pages >= MAX_PAGES) return { listed, isWhole: false };
    }
    return { listed, isWhole: true };
  };
}
