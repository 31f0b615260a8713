/** What the leader answers to pushes of a replica: a JSON array for those that are done at once. */
import { z } from 'zod';
import { FAILURE_CODES } from '../../../errors.ts';
import type { AcceptResult } from '../accept-result.ts';

const COUNT = z.int().nonnegative();
const RESULT = z.object({
  accepted: COUNT,
  duplicates: COUNT,
  late: COUNT,
  rejected: z.array(z.object({ index: COUNT, code: z.enum(FAILURE_CODES), reason: z.string() })).readonly(),
}) satisfies z.ZodType<AcceptResult>;

const ANSWER = z.union([
  z.object({ id: COUNT, stored: RESULT, lastOffset: COUNT }),
  z.object({ id: COUNT, retryLater: z.string() }),
  z.object({ id: COUNT, failure: z.string() }),
]);
const ANSWERS = z.array(ANSWER);

/**
 * With the id of its push: what became of the points, and an offset of the log that their scores are not behind; or that nothing
 * is known to be stored, and sending them again is safe; or that there is a bug.
 */
export type PointAnswer = z.output<typeof ANSWER>;

/** @throws Error for what is none */
export function readAnswers(text: string): readonly PointAnswer[] {
  return ANSWERS.parse(JSON.parse(text));
}
