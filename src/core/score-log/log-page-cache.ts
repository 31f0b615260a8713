/** Parts of the log read from the database a moment ago: an event needs a few rows of one, and others follow. */
import type { ScoredSample } from '../samples/stored-sample.ts';
import type { LogPage } from './shared-subscription.ts';

export interface LogPageCache {
  /** The rows after a place. @throws whatever reading throws; the next call reads anew */
  readonly read: (after: number) => Promise<LogPage>;
  /** What was read so far is not given out any more. */
  readonly forget: () => void;
}

interface Held {
  readonly after: number;
  readonly page: Promise<LogPage>;
  /** Undefined while it is being read. */
  upTo: number | undefined;
}

/**
 * @param readStored reads the log itself
 * @param most pages held; the oldest goes first
 */
export function createLogPageCache(
  readStored: (after: number) => Promise<LogPage>,
  most: number,
): LogPageCache {
  let held: readonly Held[] = [];

  const hold = (after: number): Held => {
    const entry: Held = { after, page: readStored(after), upTo: undefined };
    held = [...held.slice(1 - most), entry];
    entry.page.then(
      ({ upTo }) => (entry.upTo = upTo),
      () => (held = held.filter((other) => other !== entry)),
    );
    return entry;
  };

  return {
    read: async (after) => {
      const known = held.find((entry) => holds(entry, after));
      const { samples, upTo } = await (known ?? hold(after)).page;
      return { samples: samples.slice(findAfter(samples, after)), upTo };
    },
    forget: () => {
      held = [];
    },
  };
}

function holds({ after, upTo }: Held, place: number): boolean {
  return after === place || (after < place && upTo !== undefined && place < upTo);
}

/** The first index whose place is after this one; rows are in the order of their places. */
function findAfter(samples: readonly ScoredSample[], place: number): number {
  let low = 0;
  let high = samples.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((samples[middle]?.seq ?? 0) <= place) low = middle + 1;
    else high = middle;
  }
  return low;
}
