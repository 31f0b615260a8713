/** Pages of the members of an autostack, by id: those it has, those it had, and those it would have. */
import type { MemberWindow } from '../../../core/inventory/read-members.ts';
import type { Resource } from '../../../generated/prisma/client.ts';
import type { Context } from '../builder/context.ts';
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

/** The members of a stack: those it had, of one that was deleted. @throws InvalidInputError for a bad page size */
export function readMembers({ id, [AS_THEY_WERE]: kept }: KeptStack, args: PageArgs, context: Context) {
  if (kept !== undefined) return readResourcesById(kept, args, context);
  const { loaders } = context;
  return readMemberPage(
    args,
    (window) => loaders.members(window, id),
    () => loaders.memberCount(id),
  );
}

/** @param ids uuids @throws InvalidInputError for a bad page size */
export function readResourcesById(ids: readonly string[], args: PageArgs, { prisma }: Context) {
  const where = { id: { in: [...ids] } };
  return readMemberPage(
    args,
    ({ after, before, order, limit }) =>
      prisma.resource.findMany({
        where: {
          AND: [
            where,
            after === null ? {} : { resourceId: { gt: after } },
            before === null ? {} : { resourceId: { lt: before } },
          ],
        },
        orderBy: { resourceId: order },
        take: limit,
      }),
    () => prisma.resource.count({ where }),
  );
}

function readMemberPage(
  args: PageArgs,
  read: (window: MemberWindow) => Promise<readonly Resource[]>,
  countAll: () => Promise<number>,
) {
  return readPage({
    args,
    size: THING_PAGE,
    parseCursor: (cursor) => (cursor.includes('\0') ? null : cursor),
    writeCursor: ({ resourceId }: Resource) => resourceId,
    read: ({ after, before, limit, fromEnd }) =>
      read({ after, before, order: fromEnd ? 'desc' : 'asc', limit }),
    countAll,
  });
}
