/** What is counted of who asks: keys, people who sign in, the audit log. */

export const ACCESS_COUNTERS = {
  audit_entries_written: 'Mutations written to the audit log.',
  audit_entries_lost: 'Mutations the audit log could not take, the database being away; they are logged.',
  audit_ingest_mutations: 'Mutations that pushed points: counted, and not in the audit log.',
  logins: 'Times a user signed in through the OpenID Connect provider.',
  session_checks_failed:
    'Times the OpenID Connect provider could not be asked about a session, which went on as it was. Rises when it is away.',
} as const;

export const ACCESS_REASON_COUNTERS = {
  requests_refused: {
    help: 'Requests refused for who asked: no key, one that is wrong, revoked or expired, too many wrong ones of one address, a session that has ended, one that may not do it, or a Host header that is not ours.',
    reasons: ['missing_key', 'wrong_key', 'too_many_guesses', 'no_session', 'missing_scope', 'wrong_host'],
  },
  logins_refused: {
    help: 'Times a user could not sign in. bad_state: the browser came back with a login it had not begun; denied: the provider refused; bad_answer: its answer was not valid, as forged tokens are not; unreachable: it was away; no_role: the user has no role here; too_many: logins of one address, or sessions.',
    reasons: ['bad_state', 'denied', 'bad_answer', 'unreachable', 'no_role', 'too_many'],
  },
} as const;
