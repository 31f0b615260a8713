/** Where scores are written to, beside the server's own database. */
import { hasNoUser, httpUrl, secret, setting, text, type Setting } from './setting.ts';

export const REMOTE_WRITE_SETTINGS = {
  remoteWriteUrl: setting(
    'LAPWING_REMOTE_WRITE_URL',
    httpUrl
      .refine(
        hasNoUser,
        'expected no user and no password in it: see LAPWING_REMOTE_WRITE_USER and LAPWING_REMOTE_WRITE_TOKEN',
      )
      .optional(),
  ).about(
    'Address every scored value, its expected range and its anomaly score are written to, by Prometheus remote write 1.0, e.g. http://prometheus:9090/api/v1/write; nowhere when unset.',
  ),
  remoteWriteUser: setting('LAPWING_REMOTE_WRITE_USER', text).about(
    'User of basic authentication there, whose password LAPWING_REMOTE_WRITE_TOKEN is.',
  ),
  remoteWriteToken: secret('LAPWING_REMOTE_WRITE_TOKEN', text).about(
    'Bearer token for it; with a user, the password of that.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
