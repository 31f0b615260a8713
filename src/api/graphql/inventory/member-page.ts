/** Pages of the members of an autostack, by id: those it has, and those it would have. */
import type { Prisma, Resource } from '../../../generated/prisma/client.ts';
import { readPage, THING_PAGE, type PageArgs } from '../builder/page.ts';

const AS_THEY_WERE = Symbol('members as they were');

interface KeptStack {
  readonly id: string;
  readonly [AS_THEY_WERE]?: readonly string[];
}

/** A stack about to be deleted: its answer shows who was in it. @param ids uuids of the resources */
export function keepMembers(stack: { readonly id: string }, ids: readonly string[]): void {
  Object.assign(stack, { [AS_THEY_WERE]: ids });
}

/** The members of a stack: those it had, of one that was deleted. */
export function membersOf({ id, [AS_THEY_WERE]: kept }: KeptStack): Prisma.ResourceWhereInput {
  return kept === undefined
    ? { stacks: { some: { autostackId: id, leftAt: null } } }
    : { id: { in: [...kept] } };
}

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
