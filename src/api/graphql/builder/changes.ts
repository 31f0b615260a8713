/** What the subscriptions to things that change have in common: where they begin, and the field that says where a thing stands. */
import { ChangeStream, type ChangeStreamOptions } from '../../../core/changes/change-stream.ts';
import type { Context } from './context.ts';

export const AFTER_DESCRIPTION =
  'The `changeCursor` of the last event seen, or of `serverInfo`: everything that changed since comes first, each thing once and as it is by then; only what changes from now on when left out. Of server-sent events the header Last-Event-ID goes before it.';

/** The field that says where a thing stands: select `changeNumber`. */
export const CHANGE_CURSOR = {
  select: { changeNumber: true },
  description: 'Stands for its last change: the subscription goes on behind it with `after`.',
  resolve: (thing: { readonly changeNumber: bigint }, _args: object, { changes }: Pick<Context, 'changes'>) =>
    changes.cursorOf(thing.changeNumber),
} as const;

/**
 * The cursor a subscription goes on behind. An empty header is none, as the specification of EventSource has it: clients that come back
 * before an event had an id send one. An empty argument is not: a program that lost its cursor would miss what happened since.
 */
export function findCursor(request: Context['request'], after: string | null | undefined): string | null {
  const header = request?.headers.get('last-event-id') ?? '';
  return header === '' ? (after ?? null) : header;
}

/** Changes behind the cursor, or from now on. @throws CursorInvalidError at once, not at the first event */
export async function followChanges<T extends { readonly changeNumber: bigint }>(
  { changes, request }: Pick<Context, 'changes' | 'request'>,
  after: string | null | undefined,
  options: Omit<ChangeStreamOptions<T>, 'after'>,
): Promise<ChangeStream<T>> {
  const cursor = findCursor(request, after);
  const start = cursor === null ? await changes.newest() : await changes.parse(cursor);
  return new ChangeStream({ ...options, after: start });
}
