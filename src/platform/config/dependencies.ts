/** Which settings go together: those that are refused without another, and those that have no effect without another. */
import type { Setting } from './setting.ts';
import { SETTINGS } from './settings.ts';

type Row = Setting<unknown>;

/** What the environment says, as far as it matters here. */
export interface GivenSettings {
  readonly isGiven: (row: Row) => boolean;
  /** As it was given, less what its file adds to it; undefined for a default. */
  readonly textOf: (row: Row) => string | undefined;
}

/** @returns a problem for each combination a server does not start with */
export function findConflicts(given: GivenSettings): readonly string[] {
  return [...findHalfGiven(given), ...findBadDatabase(given), ...findSharedPorts(given)];
}

function findHalfGiven({ isGiven }: GivenSettings): readonly string[] {
  const problems: string[] = [];
  const { cloudwatchAccessKeyId: keyId, cloudwatchSecretAccessKey: key } = SETTINGS;
  if (isGiven(keyId) !== isGiven(key)) {
    problems.push(`${keyId.name} and ${key.name}: expected both or neither`);
  }
  const { prometheusUser: user, prometheusPassword: password, prometheusToken: token } = SETTINGS;
  if (isGiven(user) !== isGiven(password)) {
    problems.push(`${user.name} and ${password.name}: expected both or neither`);
  }
  if (isGiven(user) && isGiven(token)) problems.push(`${user.name} and ${token.name}: expected one of them`);
  const { influxdbUrl: url, influxdbOrg: org, influxdbBucket: bucket } = SETTINGS;
  if (isGiven(url)) {
    for (const { name } of [org, bucket].filter((row) => !isGiven(row))) {
      problems.push(`${name}: expected, because ${url.name} is set`);
    }
  }
  const { oidcIssuer, oidcClientId, oidcClientSecret, oidcRoles, publicUrl } = SETTINGS;
  const login = [oidcIssuer, oidcClientId, oidcClientSecret, oidcRoles];
  for (const row of login.some(isGiven) ? [...login, publicUrl] : []) {
    if (!isGiven(row)) problems.push(`${row.name}: expected, because others of LAPWING_OIDC_ are set`);
  }
  return problems;
}

function findBadDatabase({ isGiven, textOf }: GivenSettings): readonly string[] {
  const { standby, cluster, databaseUrl } = SETTINGS;
  const several = [standby, cluster].filter((row) => textOf(row) === 'on');
  const problems = (isGiven(databaseUrl) ? [] : several).map(
    ({ name }) => `${databaseUrl.name}: expected, because ${name} is on`,
  );
  if (several.length > 1) problems.push(`${standby.name} and ${cluster.name}: expected one of them`);
  return problems;
}

/** Each listener has a port of its own: found here, and not by the second of two after the database was made. */
function findSharedPorts({ textOf }: GivenSettings): readonly string[] {
  const { port, graphitePort, graphitePicklePort, statsdPort, otlpGrpcPort } = SETTINGS;
  const byPort = new Map<number, string[]>();
  for (const row of [port, graphitePort, graphitePicklePort, statsdPort, otlpGrpcPort]) {
    const chosen = Number(textOf(row) ?? ('fallback' in row ? row.fallback : ''));
    // 0 is any free one, and text is another's matter.
    if (chosen > 0) byPort.set(chosen, [...(byPort.get(chosen) ?? []), row.name]);
  }
  return [...byPort]
    .filter(([, names]) => names.length > 1)
    .map(([shared, names]) => `${names.join(' and ')}: expected different ports, got ${shared} for each`);
}

interface Group {
  /** Any of them will do. */
  readonly leaders: readonly Row[];
  /** What one of the leaders must say; anything where that is not said. */
  readonly words?: readonly string[];
  readonly members: readonly Row[];
}

/** OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES are none: platforms give them to all programs. */
const GROUPS: readonly Group[] = [
  {
    leaders: [SETTINGS.influxdbUrl],
    members: [
      SETTINGS.influxdbOrg,
      SETTINGS.influxdbBucket,
      SETTINGS.influxdbToken,
      SETTINGS.influxdbScores,
      SETTINGS.monitoringFlushSeconds,
    ],
  },
  {
    leaders: [SETTINGS.prometheusUrl],
    members: [
      SETTINGS.prometheusUser,
      SETTINGS.prometheusPassword,
      SETTINGS.prometheusToken,
      SETTINGS.prometheusSettleSeconds,
    ],
  },
  {
    leaders: [SETTINGS.remoteWriteUrl],
    members: [SETTINGS.remoteWriteUser, SETTINGS.remoteWriteToken],
  },
  { leaders: [SETTINGS.smtpUrl], members: [SETTINGS.smtpFrom] },
  {
    leaders: [SETTINGS.oidcIssuer],
    members: [
      SETTINGS.oidcName,
      SETTINGS.oidcScopes,
      SETTINGS.oidcRoleClaim,
      SETTINGS.oidcRefreshSeconds,
      SETTINGS.oidcSessionHours,
    ],
  },
  { leaders: [SETTINGS.cluster], words: ['on'], members: [SETTINGS.peerAddress, SETTINGS.clusterSecret] },
  { leaders: [SETTINGS.statsdPort], members: [SETTINGS.statsdFlushSeconds, SETTINGS.statsdOpen] },
  { leaders: [SETTINGS.trustedDocuments], members: [SETTINGS.trustedDocumentsOnly] },
  {
    leaders: [SETTINGS.otlpEndpoint, SETTINGS.otlpTracesEndpoint],
    members: [
      SETTINGS.otlpHeaders,
      SETTINGS.otlpTracesHeaders,
      SETTINGS.otlpProtocol,
      SETTINGS.otlpTracesProtocol,
      SETTINGS.tracesExporter,
      SETTINGS.tracesSampler,
      SETTINGS.tracesSamplerRatio,
    ],
  },
  {
    leaders: [SETTINGS.tracesSampler],
    words: ['traceidratio', 'parentbased_traceidratio'],
    members: [SETTINGS.tracesSamplerRatio],
  },
];

/** @returns of each setting that has no effect its name, and which other one is missing */
export function findIdle(given: GivenSettings): readonly string[] {
  return GROUPS.flatMap(({ leaders, words, members }) => {
    const isLed = leaders.some((row) =>
      words === undefined ? given.isGiven(row) : words.includes(given.textOf(row) ?? ''),
    );
    if (isLed) return [];
    const missing = leaders.map(({ name }) => name).join(' or ');
    const said = words === undefined ? missing : `${missing}=${words.join(' or ')}`;
    return members.filter((row) => asksForSomething(row, given)).map((row) => `${row.name} without ${said}`);
  });
}

/** Who switches a part off, or names a default, misses nothing; "on" is meant even where it is the default. */
function asksForSomething(row: Row, { isGiven, textOf }: GivenSettings): boolean {
  const text = textOf(row);
  if (text === undefined) return isGiven(row);
  return text === 'on' || (text !== 'off' && text !== 'none' && text !== row.fallback);
}
