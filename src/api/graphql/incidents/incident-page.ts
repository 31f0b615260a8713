/** Pages of incidents by the time they began, the newest first; those of one moment by the order they became known. */
import type { IncidentPlace, IncidentWindow } from '../../../core/incidents/read-incidents.ts';
import type { Incident } from '../../../generated/prisma/client.ts';
import { type PageArgs, readPage, THING_PAGE } from '../builder/page.ts';

/** Milliseconds since 1970, within the years 1653 to 5138 that every reader of dates takes; then the number. */
const CURSOR = /^(-\d{1,13}|\d{1,14})\.(\d{1,18})$/;

/** @throws InvalidInputError for a bad page size or cursor */
export function readIncidentPage(
  args: PageArgs,
  read: (window: IncidentWindow) => Promise<readonly Incident[]>,
  countAll: () => Promise<number>,
) {
  return readPage({
    args,
    size: THING_PAGE,
    parseCursor,
    writeCursor: ({ startedAt, number }: Incident) => `${startedAt.getTime()}.${number}`,
    read: ({ after, before, limit, fromEnd }) =>
      // Newest first: what comes after a cursor in the list began before it.
      read({ olderThan: after, newerThan: before, order: fromEnd ? 'asc' : 'desc', limit }),
    countAll,
  });
}

function parseCursor(text: string): IncidentPlace | null {
  const [, startedMs, number] = CURSOR.exec(text) ?? [];
  if (startedMs === undefined || number === undefined) return null;
  return { startedAt: new Date(Number(startedMs)).toISOString(), number };
}
