/** The Prometheus whose expressions are monitored. */
import { hasNoUser, httpUrl, secret, setting, text, wholeNumber, type Setting } from './setting.ts';

export const PROMETHEUS_SETTINGS = {
  prometheusUrl: setting(
    'LAPWING_PROMETHEUS_URL',
    'Prometheus, or a server with its HTTP API (VictoriaMetrics, Mimir, Thanos), whose PromQL expressions can be monitored, e.g. http://prometheus:9090; the address above /api/v1.',
    httpUrl
      .refine(
        hasNoUser,
        'expected no user and no password in it: see LAPWING_PROMETHEUS_USER and LAPWING_PROMETHEUS_PASSWORD',
      )
      .optional(),
  ),
  prometheusUser: setting('LAPWING_PROMETHEUS_USER', 'User of basic authentication there.', text),
  prometheusPassword: secret(
    'LAPWING_PROMETHEUS_PASSWORD',
    'Password of that user; the two go together.',
    text,
  ),
  prometheusToken: secret('LAPWING_PROMETHEUS_TOKEN', 'Bearer token for it, in place of a user.', text),
  prometheusSettleSeconds: setting(
    'LAPWING_PROMETHEUS_SETTLE_SECONDS',
    'Seconds after its time a value is asked for: longer than a scrape and its rules take, and for VictoriaMetrics than its search.latencyOffset (30).',
    wholeNumber(0, 3600),
    '40',
  ),
} as const satisfies Record<string, Setting<unknown>>;
