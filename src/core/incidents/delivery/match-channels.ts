/** Which channels of a rule are exactly like others, secrets included: a change is seen without a secret being read. */
import { isDeepStrictEqual } from 'node:util';
import type { NotificationChannel } from '../../../generated/prisma/client.ts';
import { canOpen, type Seal } from '../../../platform/outbound/sealed-secret.ts';
import { openChannel } from './channels.ts';
import type { NewChannel } from './check-channel.ts';

/**
 * @returns for each that is wanted the channel with these settings, each channel once; null where there is none. A channel
 *   whose settings cannot be read any more is like none.
 */
export function matchChannels<Row extends NotificationChannel>(
  wanted: readonly NewChannel[],
  known: readonly Row[],
  seal: Seal,
): readonly (Row | null)[] {
  const free = known.map((row) => ({
    row,
    settings: canOpen(seal, row.sealed, row.id) ? openChannel(row, seal) : null,
  }));
  return wanted.map((channel) => {
    const at = free.findIndex(({ row, settings }) =>
      channel.kind === 'KEEP' ? row.id === channel.id : isDeepStrictEqual(settings, { ...channel }),
    );
    return at < 0 ? null : (free.splice(at, 1)[0]?.row ?? null);
  });
}
