/** The Prometheus whose expressions are monitored. */
import { hasNoUser, httpUrl, secret, setting, text, wholeNumber, type Setting } from './setting.ts';

export const PROMETHEUS_SETTINGS = {
  prometheusUrl: setting(
    'LAPWING_PROMETHEUS_URL',
    httpUrl
      .refine(
        hasNoUser,
        'expected no user and no password in it: see LAPWING_PROMETHEUS_USER and LAPWING_PROMETHEUS_PASSWORD',
      )
      .optional(),
  ).about(
    'Prometheus, or a server with its HTTP API (VictoriaMetrics, Mimir, Thanos), whose PromQL expressions can be monitored, e.g. http://prometheus:9090; the address above /api/v1.',
  ),
  prometheusUser: setting('LAPWING_PROMETHEUS_USER', text).about('User of basic authentication there.'),
  prometheusPassword: secret('LAPWING_PROMETHEUS_PASSWORD', text).about(
    'Password of that user; the two go together.',
  ),
  prometheusToken: secret('LAPWING_PROMETHEUS_TOKEN', text).about('Bearer token for it, in place of a user.'),
  prometheusSettleSeconds: setting('LAPWING_PROMETHEUS_SETTLE_SECONDS', wholeNumber(0, 3600), '40').about(
    'Seconds after its time a value is asked for: longer than a scrape and its rules take, and for VictoriaMetrics than its search.latencyOffset (30).',
  ),
} as const satisfies Record<string, Setting<unknown>>;
