/** What is counted of people who sign in. */

export const LOGIN_COUNTERS = {
  logins: 'Times a user signed in through the OpenID Connect provider.',
  session_checks_failed:
    'Times the OpenID Connect provider could not be asked about a session, which went on as it was. Rises when it is away.',
} as const;

export const LOGIN_REASON_COUNTERS = {
  logins_refused: {
    help: 'Times a user could not sign in. bad_state: the browser came back with a login it had not begun; denied: the provider refused; bad_answer: its answer was not valid, as forged tokens are not; unreachable: it was away; no_role: the user has no role here; too_many: logins of one address, or sessions.',
    reasons: ['bad_state', 'denied', 'bad_answer', 'unreachable', 'no_role', 'too_many'],
  },
} as const;
