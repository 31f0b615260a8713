/** EC2's DescribeRegions: the regions AWS has. This service answers as any of them. */
import { REGIONS } from '../../sources/aws/regions.ts';
import { invalid } from '../model/cloudwatch-error.ts';
import { checkFilters, FILTER_SHAPE, findAmong } from './instance-filters.ts';
import { list, string, structure, type Infer } from '../model/shape.ts';

export const DESCRIBE_REGIONS_INPUT = structure({ RegionName: list(string), Filter: list(FILTER_SHAPE) });
export const DESCRIBE_REGIONS_OUTPUT = structure({
  regionInfo: list(structure({ regionName: string, regionEndpoint: string, optInStatus: string })),
});

const OPT_IN = 'opt-in-not-required';
const nameEndpoint = (region: string) => `ec2.${region}.amazonaws.com`;

const REGION_FILTERS: Readonly<Record<string, (region: string) => readonly string[]>> = {
  'region-name': (region) => [region],
  endpoint: (region) => [nameEndpoint(region)],
  'opt-in-status': () => [OPT_IN],
};

/** @throws CloudwatchError for a name that is no region, or a filter there is not */
export async function describeRegions({
  RegionName: names = [],
  Filter: filters,
}: Infer<typeof DESCRIBE_REGIONS_INPUT>): Promise<Infer<typeof DESCRIBE_REGIONS_OUTPUT>> {
  const unknown = names.find((name) => !Object.hasOwn(REGIONS, name));
  if (unknown !== undefined) throw invalid('RegionName', unknown);
  const fits = checkFilters(filters, findAmong(REGION_FILTERS));
  const shown = names.length === 0 ? Object.keys(REGIONS) : names;
  return await Promise.resolve({
    regionInfo: shown.filter(fits).map((regionName) => ({
      regionName,
      regionEndpoint: nameEndpoint(regionName),
      optInStatus: OPT_IN,
    })),
  });
}
