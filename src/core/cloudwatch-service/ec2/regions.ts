/** EC2's DescribeRegions: the regions AWS has. This service answers as any of them. */
import { REGIONS } from '../../sources/aws/regions.ts';
import { invalid } from '../model/cloudwatch-error.ts';
import { list, string, structure, type Infer } from '../model/shape.ts';

export const DESCRIBE_REGIONS_INPUT = structure({ RegionName: list(string) });
export const DESCRIBE_REGIONS_OUTPUT = structure({
  regionInfo: list(structure({ regionName: string, regionEndpoint: string, optInStatus: string })),
});

/** @throws CloudwatchError for a name that is no region */
export function describeRegions({
  RegionName: names = [],
}: Infer<typeof DESCRIBE_REGIONS_INPUT>): Promise<Infer<typeof DESCRIBE_REGIONS_OUTPUT>> {
  const unknown = names.find((name) => REGIONS[name] === undefined);
  if (unknown !== undefined) return Promise.reject(invalid('RegionName', unknown));
  const shown = names.length === 0 ? Object.keys(REGIONS) : names;
  return Promise.resolve({
    regionInfo: shown.map((regionName) => ({
      regionName,
      regionEndpoint: `ec2.${regionName}.amazonaws.com`,
      optInStatus: 'opt-in-not-required',
    })),
  });
}
