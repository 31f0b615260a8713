import type { Reason } from '../../../platform/telemetry/metrics.ts';

/** Somebody could not sign in; the message is for them. */
export class LoginError extends Error {
  override readonly name = 'LoginError';
  readonly reason: Reason<'logins_refused'>;

  constructor(reason: Reason<'logins_refused'>, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
