/** Several servers on one database. */
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { httpUrl, onOff, secret, setting, type Setting } from './setting.ts';

/** Of the two lengths `openssl rand` is asked for most. */
const MIN_SECRET_LENGTH = 16;

/** `http://$(POD_IP):4000` of Kubernetes is an IPv6 address without brackets where pods have one of these. */
function bracketHost(given: string): string {
  const [, scheme = '', host = '', rest = ''] = /^(https?:\/\/)([0-9a-f:.]+)(:\d+\/?)$/i.exec(given) ?? [];
  return isIPv6(host) ? `${scheme}[${host}]${rest}` : given;
}

export const CLUSTER_SETTINGS = {
  cluster: setting('LAPWING_CLUSTER', onOff, 'off').about(
    'on: this server is a member of a cluster on the database of DATABASE_URL: one leads, the others answer reads and pass writes on, and take over once it is gone. Host metrics are off then.',
  ),
  peerAddress: setting(
    'LAPWING_PEER_ADDRESS',
    z
      .string()
      .transform(bracketHost)
      .pipe(
        httpUrl.refine(
          (given) => URL.canParse(given) && new URL(given).pathname === '/',
          'expected a URL without a path',
        ),
      )
      .transform((given) => new URL(given).origin)
      .optional(),
  ).about(
    'URL the other members of the cluster reach this server at, such as http://10.0.0.7:4000. When unset, the host name and LAPWING_PORT, or LAPWING_HOST where that is one address.',
  ),
  clusterSecret: secret(
    'LAPWING_CLUSTER_SECRET',
    z.string().min(MIN_SECRET_LENGTH, `expected at least ${MIN_SECRET_LENGTH} characters`).optional(),
  ).about(
    'What members sign requests with that they pass on to each other, the same on all. When unset, it is made of the sealing key.',
  ),
} as const satisfies Record<string, Setting<unknown>>;
