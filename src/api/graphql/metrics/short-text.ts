/** What a text about a metric may be: a unit, a friendly name. */
import { z } from 'zod';

const MAX_TEXT_LENGTH = 255;

export const SHORT_TEXT = z
  .string()
  .max(MAX_TEXT_LENGTH, { error: `expected at most ${MAX_TEXT_LENGTH} characters` })
  .regex(/^[^\p{Cc}]*$/u, { error: 'expected no control characters' })
  .nullish();
