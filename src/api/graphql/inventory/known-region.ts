/** The region somebody asks by. */
import { InvalidInputError } from '../../../errors.ts';
import type { ApiParts } from '../builder/context.ts';

/**
 * The first time somebody asks for a region of AWS its resources are listed; from then on that is done beforehand.
 * @param elsewhere whether other sources have something under this name; never asked for a region of AWS
 * @throws InvalidInputError for a region nobody has; SourceUnavailableError when nothing could be listed yet
 */
export async function listOnce(
  region: string,
  { inventory, awsRegions }: ApiParts,
  elsewhere: () => Promise<boolean>,
): Promise<void> {
  if (Object.hasOwn(awsRegions, region)) {
    await inventory.ensure(region, Infinity);
    return;
  }
  if (await elsewhere()) return;
  const name = JSON.stringify(region.slice(0, 60));
  throw new InvalidInputError(`region: AWS has no region ${name}; \`regions\` lists them`, ['region']);
}
