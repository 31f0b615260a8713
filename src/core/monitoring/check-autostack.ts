/** What an autostack must be. */
import { DuplicateNameError, InvalidInputError, TooManyResourcesError } from '../../errors.ts';
import type { PrismaClient } from '../../generated/prisma/client.ts';
import { MAX_STACK_MEMBERS } from '../../model.ts';
import { findNameFlaw } from '../../platform/bounded-input/name-flaw.ts';
import { findMembers, type StackEntry, type StackFilter } from '../inventory/autostack-directory.ts';

export async function refuseTooMany(prisma: PrismaClient, filter: StackFilter): Promise<void> {
  const { length } = await findMembers(prisma, filter);
  if (length <= MAX_STACK_MEMBERS) return;
  throw new TooManyResourcesError(
    `input.filters: they match ${length} resources, an autostack may have ${MAX_STACK_MEMBERS}: narrow them`,
    MAX_STACK_MEMBERS,
    length,
  );
}

export function checkName(name: string, path: readonly string[]): void {
  const flaw = findNameFlaw(name);
  if (flaw !== null) throw InvalidInputError.at(path, flaw);
}

export function nameTaken(name: string, region: string): DuplicateNameError {
  return new DuplicateNameError(
    `input.name: there is an autostack ${JSON.stringify(name)} in ${region} already; choose another name`,
  );
}

/** One of the same name is another stack when it chooses others. */
export function refuseOther(known: StackEntry, wanted: StackFilter): void {
  const [there, asked] = [describeFilter(known), describeFilter(wanted)];
  if (there === asked) return;
  throw new DuplicateNameError(
    `models.stackSpec: autostack ${JSON.stringify(known.name)} in ${known.region} chooses ${there}, not ${asked}; give one of them another name`,
  );
}

/** The same text for filters that choose the same. */
function describeFilter({ resourceType, filters, includeStopped }: StackFilter): string {
  const conditions = filters.map(({ key, values }) => `${key}=${[...new Set(values)].toSorted().join(',')}`);
  return `${resourceType} with ${conditions.toSorted().join(' and ')}${includeStopped ? ', stopped ones too' : ''}`;
}
