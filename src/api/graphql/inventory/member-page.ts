/** Pages of the members of an autostack, by id: those it has, and those it would have. */
import type { Prisma, Resource } from '../../../generated/prisma/client.ts';
import { readPage, THING_PAGE, type PageArgs } from '../builder/page.ts';

/** @throws InvalidInputError for a bad page size */
export function readMemberPage<T extends Resource>(
  args: PageArgs,
  members: Prisma.ResourceWhereInput,
  read: (request: {
    readonly where: Prisma.ResourceWhereInput;
    readonly orderBy: Prisma.ResourceOrderByWithRelationInput;
    readonly take: number;
  }) => Promise<readonly T[]>,
) {
  return readPage({
    args,
    size: THING_PAGE,
    parseCursor: (cursor) => cursor,
    writeCursor: ({ resourceId }: T) => resourceId,
    read: ({ after, before, limit, fromEnd }) =>
      read({
        where: {
          AND: [
            members,
            after === null ? {} : { resourceId: { gt: after } },
            before === null ? {} : { resourceId: { lt: before } },
          ],
        },
        orderBy: { resourceId: fromEnd ? 'desc' : 'asc' },
        take: limit,
      }),
  });
}
