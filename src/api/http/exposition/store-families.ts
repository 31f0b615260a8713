/** Hands the samples of families in protocol buffers to the data path, as those of the text format. */
import { readFamilies } from '../../../core/ingest/exposition/parse-families.ts';
import { nextParseSlot, PIECE_BYTES } from '../../../platform/bounded-input/parse-slot.ts';
import { ProtobufError } from '../../../platform/bounded-input/protobuf.ts';
import { PushAccount, type StoreLinesOptions, type StoreLinesResult } from './store-lines.ts';

/**
 * Stores the good metrics; each bad one costs only itself. Other work goes on between two pieces of the body. Places of faults
 * are families.
 * @throws RetryLaterError when the data path cannot take them: some may be stored by then, and sending all of it again is safe
 */
export async function storeFamilies(body: Buffer, options: StoreLinesOptions): Promise<StoreLinesResult> {
  const account = new PushAccount(options);
  let broken: string | null = null;
  let bytes = 0;
  try {
    for (const { family, samples, bad, bytes: read } of readFamilies(body, PIECE_BYTES)) {
      if (account.stopsBefore(family)) break;
      for (const { problem, reason } of bad) account.blame(family, problem, reason);
      for (const sample of samples) {
        account.add(family, sample, sample.isCounter ? 'COUNTER' : undefined);
        if (account.parts.isFull()) await account.parts.handOver();
      }
      bytes += read;
      if (bytes < PIECE_BYTES) continue;
      bytes = 0;
      await nextParseSlot();
    }
  } catch (error) {
    if (!(error instanceof ProtobufError)) throw error;
    broken = error.message;
  }
  await account.parts.handOver();
  return account.conclude(broken);
}
