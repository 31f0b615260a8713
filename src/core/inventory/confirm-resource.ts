/** Whether there is the resource somebody wants to watch: EC2's instances and volumes are known, all of them. */
import { NotFoundError, SourceUnavailableError } from '../../errors.ts';
import type { PrismaClient, Resource } from '../../generated/prisma/client.ts';
import { DEFAULT_ACCOUNT } from '../../model.ts';
import { listStackTypes } from '../sources/autostack/autostack-metrics.ts';
import type { SourceResource } from '../sources/source.ts';
import type { Inventory, RegionAge } from './inventory.ts';
import { GONE } from './save-resources.ts';

/** A listing older than this says nothing against a resource: it may be new. */
const FRESH_MS = 60_000;
/** Callers wait for no longer. */
const MAX_WAIT_MS = 5000;

type ResourceKey = Pick<SourceResource, 'region' | 'type' | 'resourceId'>;

/**
 * One that is known is confirmed at once. For one that is not, a region that has been listed is listed again; where
 * that cannot be done the resource is taken, and `describeDoubt` says so until it can.
 * @returns a function that throws NotFoundError for what has ended, or was never there
 */
export function createConfirmResource(options: {
  readonly prisma: PrismaClient;
  readonly inventory: Pick<Inventory, 'ensure' | 'ageOf'>;
  readonly now?: () => number;
  readonly maxWaitMs?: number;
}): (resource: ResourceKey) => Promise<void> {
  const { prisma, inventory, now = Date.now, maxWaitMs = MAX_WAIT_MS } = options;
  const findState = async ({ region, type, resourceId }: ResourceKey) => {
    const key = { accountId: DEFAULT_ACCOUNT, region, type, resourceId };
    const known = await prisma.resource.findUnique({
      where: { identity: key },
      select: { state: true },
    });
    return known === null ? 'unknown' : known.state;
  };

  return async (resource) => {
    const { region, type, resourceId } = resource;
    const listedMs = () => inventory.ageOf(region).typesListedMs[type];
    let state = await findState(resource);
    if (state === 'unknown' && listedMs() !== undefined) {
      await listAgain(inventory, region, maxWaitMs);
      state = await findState(resource);
    }
    if (state === GONE) {
      throw new NotFoundError(
        `dimensions: ${resourceId} in ${region} was terminated; choose a resource that is there`,
      );
    }
    if (state !== 'unknown' || (listedMs() ?? 0) < now() - FRESH_MS) return;
    throw new NotFoundError(
      `dimensions: ${region} has no ${resourceId}, as EC2 lists it; \`resources\` lists those that are there`,
    );
  };
}

async function listAgain(
  inventory: Pick<Inventory, 'ensure'>,
  region: string,
  maxWaitMs: number,
): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, maxWaitMs);
  });
  const listed = inventory.ensure(region, FRESH_MS).catch((error: unknown) => {
    // Nobody speaks against the resource then.
    if (!(error instanceof SourceUnavailableError)) throw error;
  });
  try {
    await Promise.race([listed, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What is to be said of a monitored resource of AWS that may not be there; null for one that is.
 * @param hasValues whether any came of it
 */
export function describeDoubt(
  { region, type, resourceId, state }: ResourceKey & Pick<Resource, 'state'>,
  { problem }: Pick<RegionAge, 'problem'>,
  hasValues: boolean,
): string | null {
  if (state === GONE) return `EC2 lists no ${resourceId} in ${region}: no more values are to be expected`;
  if (state !== null || hasValues || !listStackTypes().includes(type)) return null;
  const why = problem ?? 'the resources there have not been listed yet';
  return `whether ${region} has ${resourceId} is not known: ${why}`;
}
