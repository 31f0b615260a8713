/** The score samples are asked to have at least. */
import { InvalidInputError } from '../../../errors.ts';

/**
 * @param path where it stands in the request
 * @returns null for any
 * @throws InvalidInputError for a number no score can have: asking for it would wait for ever
 */
export function readLeastScore(score: number | null | undefined, path: readonly string[]): number | null {
  if (score == null) return null;
  if (score >= 0 && score <= 1) return score;
  throw InvalidInputError.at(path, `expected 0 to 1, got ${score}`);
}
