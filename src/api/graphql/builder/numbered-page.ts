/** Pages of things that are numbered as they come to be: the newest first. */
import { readPage, THING_PAGE, type PageArgs } from './page.ts';

/** What lies between two places of the list, as a condition on `number`. */
export interface NumberRange {
  readonly gt?: bigint;
  readonly lt?: bigint;
}

/** @throws InvalidInputError for a bad page size or cursor */
export function readNumberedPage<T extends { readonly number: bigint }>(
  args: PageArgs,
  read: (number: NumberRange, order: 'asc' | 'desc', take: number) => Promise<readonly T[]>,
  countAll: () => Promise<number>,
) {
  return readPage({
    args,
    size: THING_PAGE,
    parseCursor: (text) => (/^\d{1,18}$/.test(text) ? BigInt(text) : null),
    writeCursor: ({ number }: T) => String(number),
    read: ({ after, before, limit, fromEnd }) =>
      read(
        { ...(after === null ? {} : { lt: after }), ...(before === null ? {} : { gt: before }) },
        fromEnd ? 'asc' : 'desc',
        limit,
      ),
    countAll,
  });
}
