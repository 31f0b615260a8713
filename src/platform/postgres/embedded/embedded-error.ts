import { OperatorError } from '../../../errors.ts';

/** The embedded PostgreSQL cannot be made or started; the message says what to do about it. */
export class EmbeddedError extends OperatorError {
  override readonly name = 'EmbeddedError';
}
