/** Regions whose resources are listed beforehand. */
import type { Registry } from '../metrics/registry.ts';
import type { AutostackDirectory } from './autostack-directory.ts';

/** Where something is monitored: the resources there are listed now and then. */
export function* listRegionsInUse(
  registry: Pick<Registry, 'all'>,
  directory: Pick<AutostackDirectory, 'all'>,
): Iterable<string> {
  for (const { region } of directory.all()) yield region;
  for (const { datasource, status, location } of registry.all()) {
    if (datasource === 'CLOUDWATCH' && status !== 'UNMONITORED') yield location;
  }
}
