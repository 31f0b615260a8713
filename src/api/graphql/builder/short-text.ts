/** What a text about a metric may be: a unit, a friendly name. */
import { z } from 'zod';

const LONGEST_TEXT = 255;

export const SHORT_TEXT = z
  .string()
  .max(LONGEST_TEXT, { error: `expected at most ${LONGEST_TEXT} characters` })
  .regex(/^[^\p{Cc}]*$/u, { error: 'expected no control characters' })
  .nullish();
