/** What queries may ask of a replica: whatever needs the leader is refused here, and the operation is passed on whole. */
import type { ApiParts } from '../../api/graphql/builder/context.ts';
import { LeaderNeededError } from '../../errors.ts';

/**
 * What is to be listed anew, and the newest progress of metrics, are the matter of the leader. Everything else that would
 * write is refused by the database.
 */
export function limitToReads(
  { inventory }: Pick<ApiParts, 'inventory'>,
  { accept, bars }: Pick<ApiParts, 'accept' | 'bars'>,
): Pick<ApiParts, 'accept' | 'inventory' | 'saveProgress' | 'bars'> {
  const refuse = () => Promise.reject(new LeaderNeededError());
  return {
    inventory: { ensure: refuse, ageOf: (region) => inventory.ageOf(region) },
    saveProgress: refuse,
    accept,
    bars,
  };
}
