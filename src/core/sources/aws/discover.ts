/**
 * What there is to watch in one region of AWS: instances and volumes as EC2 knows them, everything else from the
 * dimensions of the metrics CloudWatch lists, so that no further service has to be asked.
 */
import type { CloudWatchClient, Metric } from '@aws-sdk/client-cloudwatch';
import type { AwsClients } from './clients.ts';
import type { CatalogueType } from './catalogue-row.ts';
import { CATALOGUE } from './catalogue.ts';
import { describeAwsFailure } from './failure.ts';
import { listInstances, listVolumes } from './ec2.ts';
import type { Discover, FoundResource } from '../source.ts';

const MAX_PAGES = 200;

export function createDiscover(clients: Pick<AwsClients, 'cloudwatch' | 'ec2'>): Discover {
  return async (region, signal) => {
    const problems: string[] = [];
    const attempt = async <T>(service: string, list: () => Promise<T>): Promise<T | null> => {
      try {
        return await list();
      } catch (error) {
        problems.push(describeAwsFailure(service, error).message);
        return null;
      }
    };
    const instances = await attempt('EC2', async () =>
      listInstances(await clients.ec2(region), region, signal),
    );
    const volumes =
      instances === null
        ? null
        : await attempt('EC2', async () => listVolumes(await clients.ec2(region), region, signal));
    const listed = [
      { type: 'AWS::EC2::Instance', resources: instances },
      { type: 'AWS::EC2::Volume', resources: volumes },
    ];
    const wholeTypes = listed.flatMap(({ type, resources }) => (resources === null ? [] : [type]));
    const others = new Map<string, FoundResource>();
    await attempt('CloudWatch', async () =>
      // EC2 knows better which instances there are: CloudWatch lists those that ended for two weeks more.
      listByMetrics(await clients.cloudwatch(region), region, new Set(wholeTypes), {
        signal,
        problems,
        found: others,
      }),
    );
    const resources = [...listed.flatMap((list) => list.resources ?? []), ...others.values()];
    return { resources, wholeTypes, problems };
  };
}

/**
 * @param into.found gets the resources, those before a failure too: one namespace that cannot be listed costs none of the
 *   others what was listed
 * @param into.problems gets the namespaces with more metrics than are looked at: what was seen of them is listed
 */
async function listByMetrics(
  client: CloudWatchClient,
  region: string,
  known: ReadonlySet<string>,
  into: {
    readonly signal: AbortSignal;
    readonly problems: string[];
    readonly found: Map<string, FoundResource>;
  },
): Promise<void> {
  const { signal, problems, found } = into;
  const { paginateListMetrics } = await import('@aws-sdk/client-cloudwatch');
  const types = CATALOGUE.filter(({ name }) => !known.has(name));
  for (const namespace of new Set(types.map((type) => type.namespace))) {
    const ofNamespace = types.filter((type) => type.namespace === namespace);
    let pages = 0;
    for await (const { Metrics = [], NextToken } of paginateListMetrics(
      { client },
      { Namespace: namespace },
      { abortSignal: signal },
    )) {
      for (const metric of Metrics) {
        for (const type of ofNamespace) {
          const resource = toResource(metric, type, region);
          if (resource !== null) found.set(`${type.name} ${resource.resourceId}`, resource);
        }
      }
      if (++pages < MAX_PAGES || NextToken === undefined) continue;
      problems.push(
        `CloudWatch: ${namespace} has more than ${MAX_PAGES * 500} metrics, the rest is not looked at`,
      );
      break;
    }
  }
}

/** Null when the metric's dimensions do not name exactly one resource of the type. */
function toResource({ Dimensions = [] }: Metric, type: CatalogueType, region: string): FoundResource | null {
  if (Dimensions.length !== type.dimensions.length) return null;
  const values: string[] = [];
  for (const name of type.dimensions) {
    const value = Dimensions.find((dimension) => dimension.Name === name)?.Value;
    if (value === undefined) return null;
    values.push(value);
  }
  return {
    region,
    type: type.name,
    namespace: type.namespace,
    resourceId: values.join('/'),
    name: null,
    state: null,
    tags: [],
    attributes: {},
    sizeRank: 0,
    startedMs: null,
  };
}
