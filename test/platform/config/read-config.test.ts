import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fc } from '../../helpers/property.ts';
import {
  ConfigError,
  describeSettings,
  findIdleSettings,
  findUnknownSettings,
  readConfig,
} from '../../../src/platform/config/read-config.ts';

describe('settings', () => {
  it('have defaults for everything that can have one', () => {
    expect(readConfig({})).toMatchObject({
      host: '127.0.0.1',
      port: 4000,
      graphitePort: { port: 2003, orAnyFree: true },
      hostMetrics: true,
      hostPeriodSeconds: 5,
    });
  });

  it.each(['on', '~', '-1', '99999999', '10.0.0.0/99', 'http://', 'a b'])(
    'say what they expect, each of those that refuse %s',
    (value) => {
      for (const { name } of describeSettings()) {
        try {
          readConfig({ [name]: value });
        } catch (error) {
          expect(String(error)).not.toMatch(/expected another value|Invalid/);
        }
      }
    },
  );

  it('tell all problems at once, each with its value and what was expected', () => {
    const environment = {
      LAPWING_PORT: '70000',
      LAPWING_HOST_METRICS: 'maybe',
      LAPWING_HOST_PERIOD_SECONDS: '1.5',
    };
    expect(() => readConfig(environment)).toThrow(ConfigError);
    expect(() => readConfig(environment)).toThrow(
      /LAPWING_PORT="70000": expected at most 65535[^]*HOST_METRICS="maybe": expected on or off[^]*SECONDS="1.5": expected a whole number/,
    );
  });

  it('want a database that two servers can reach for a standby', () => {
    expect(() => readConfig({ LAPWING_STANDBY: 'on' })).toThrow(
      'DATABASE_URL: expected, because LAPWING_STANDBY is on',
    );
    expect(readConfig({ LAPWING_STANDBY: 'on', DATABASE_URL: 'postgresql://a@b/c' }).standby).toBe(true);
    expect(readConfig({ LAPWING_STANDBY: 'off' }).standby).toBe(false);
  });

  it('make a member of a cluster, on a database of its own, that others reach at an address without a path', () => {
    const cluster = { LAPWING_CLUSTER: 'on', DATABASE_URL: 'postgresql://a@b/c' };
    expect(readConfig(cluster)).toMatchObject({
      cluster: true,
      peerAddress: undefined,
      clusterSecret: undefined,
    });
    expect(() => readConfig({ LAPWING_CLUSTER: 'on' })).toThrow(
      'DATABASE_URL: expected, because LAPWING_CLUSTER is on',
    );
    expect(() => readConfig({ ...cluster, LAPWING_STANDBY: 'on' })).toThrow(
      'LAPWING_STANDBY and LAPWING_CLUSTER: expected one of them',
    );
    expect(() => readConfig({ ...cluster, LAPWING_CLUSTER_SECRET: 'short' })).toThrow(
      'LAPWING_CLUSTER_SECRET=(hidden): expected at least 16 characters',
    );
    for (const [given, address] of [
      ['http://10.0.0.7:4000', 'http://10.0.0.7:4000'],
      ['http://lapwing-1:4000/', 'http://lapwing-1:4000'],
      ['https://[fd00::7]', 'https://[fd00::7]'],
      // As http://$(POD_IP):4000 is, of a pod that has an IPv6 address.
      ['http://fd00:10:244::7:4000', 'http://[fd00:10:244::7]:4000'],
      ['http://fd00:1:2:3:4:5:6:7:4000/', 'http://[fd00:1:2:3:4:5:6:7]:4000'],
    ]) {
      expect(readConfig({ ...cluster, LAPWING_PEER_ADDRESS: given }).peerAddress).toBe(address);
    }
    for (const wrong of ['10.0.0.7:4000', 'http://lapwing-1:4000/path', 'ftp://lapwing-1', 'http://']) {
      expect(() => readConfig({ ...cluster, LAPWING_PEER_ADDRESS: wrong })).toThrow(
        /LAPWING_PEER_ADDRESS=.*expected/,
      );
    }
  });

  it('are not the variables that Kubernetes makes of services named after the server', () => {
    // As its documentation has them of a service `redis-primary`, of two ports that have names.
    const linksOf = (service: string) => ({
      [`${service}_SERVICE_HOST`]: '10.0.0.11',
      [`${service}_SERVICE_PORT`]: '4000',
      [`${service}_SERVICE_PORT_HTTP`]: '4000',
      [`${service}_SERVICE_PORT_GRAPHITE`]: '2003',
      [`${service}_PORT`]: 'tcp://10.0.0.11:4000',
      [`${service}_PORT_4000_TCP`]: 'tcp://10.0.0.11:4000',
      [`${service}_PORT_4000_TCP_PROTO`]: 'tcp',
      [`${service}_PORT_4000_TCP_PORT`]: '4000',
      [`${service}_PORT_4000_TCP_ADDR`]: '10.0.0.11',
      [`${service}_PORT_2003_UDP`]: 'udp://[fd00::b]:2003',
    });
    for (const service of ['LAPWING', 'LAPWING_GRAPHITE', 'LAPWING_STATSD']) {
      expect(readConfig(linksOf(service))).toEqual(readConfig({}));
      expect(findUnknownSettings(linksOf(service))).toEqual([]);
    }
    expect(readConfig({ ...linksOf('LAPWING'), LAPWING_PORT: '8080' }).port).toBe(8080);
    expect(() => readConfig({ LAPWING_PORT: 'http://10.0.0.11:4000' })).toThrow(/LAPWING_PORT=/);
    expect(findUnknownSettings({ LAPWING_PROT: '1', LAPWING_SERVICE: '1' })).toEqual([
      'LAPWING_PROT',
      'LAPWING_SERVICE',
    ]);
  });

  it('want the sealing key as openssl prints it, and do not show what is wrong with it', () => {
    const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index));
    expect(readConfig({ LAPWING_SEALING_KEY: key.toString('base64') }).sealingKey).toEqual(key);
    for (const wrong of [
      'hunter2',
      key.toString('hex'),
      `${key.toString('base64')}A`,
      key.toString('base64url'),
    ])
      expect(() => readConfig({ LAPWING_SEALING_KEY: `${wrong}?` })).toThrow(
        /LAPWING_SEALING_KEY=\(hidden\): expected 32 bytes in base64/,
      );
  });

  it.each([
    [undefined, []],
    ['', []],
    ['*', ['*']],
    ['https://wiki.example.com', ['https://wiki.example.com']],
    ['https://*.example.com', ['https://*.example.com']],
    [' https://a.example , http://b.example:8080,', ['https://a.example', 'http://b.example:8080']],
  ])('take %j for the origins %j', (given, origins) => {
    expect(readConfig({ LAPWING_EMBED_ORIGINS: given }).embedOrigins).toEqual(origins);
  });

  it.each([
    'wiki.example.com',
    'https://wiki.example.com/',
    'https://wiki.example.com/page',
    'https://*.example.com/',
    "'self'",
    'null',
    'https://a;script-src',
    "https://a'b",
    'file:///a',
    'file://a',
    'capacitor:',
    'capacitor://',
    'capacitor://localhost/',
    'app://user@host',
    'localhost:3000',
  ])('take no origin that a header would read otherwise: %s', (given) => {
    expect(() => readConfig({ LAPWING_EMBED_ORIGINS: given })).toThrow(
      /LAPWING_EMBED_ORIGINS=.*expected origins/,
    );
    expect(() => readConfig({ LAPWING_CORS_ORIGINS: given })).toThrow(
      /LAPWING_CORS_ORIGINS=.*expected origins/,
    );
  });

  // https://ionicframework.com/docs/troubleshooting/cors; Tauri 2 on macOS and iOS; extensions of Chrome and Firefox.
  it.each([
    'capacitor://localhost',
    'tauri://localhost',
    'chrome-extension://flnheeellpciglgpaodhkhmapeokopfp',
    'moz-extension://0b4d2f3e-8b0c-4b1c-9a5e-0f0f0f0f0f0f',
    'http://localhost:8100',
    'http://[::1]:8100',
  ])('take the origin of an app: %s', (given) => {
    const settings = { LAPWING_CORS_ORIGINS: `https://a.example, ${given}`, LAPWING_EMBED_ORIGINS: given };
    expect(readConfig(settings)).toMatchObject({
      corsOrigins: ['https://a.example', given],
      embedOrigins: [given],
    });
  });

  it.each(['*', 'https://*.example.com', 'https://ops.example.com, http://*:3000'])(
    'take no pattern for an origin that the server compares itself: %s',
    (given) => {
      expect(() => readConfig({ LAPWING_CORS_ORIGINS: given })).toThrow(
        /LAPWING_CORS_ORIGINS=.*each written in full/,
      );
    },
  );

  it('keep a secret out of the message', () => {
    const environment = { LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY: 'hunter2' };
    expect(() => readConfig(environment)).toThrow(/expected both or neither/);
    expect(() => readConfig(environment)).not.toThrow(/hunter2/);
  });

  it.each([
    'LAPWING_API_KEY',
    'LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY',
    'LAPWING_CLOUDWATCH_WEBHOOKS',
    'LAPWING_INFLUXDB_TOKEN',
    'LAPWING_OIDC_CLIENT_SECRET',
    'LAPWING_PROMETHEUS_PASSWORD',
    'LAPWING_PROMETHEUS_TOKEN',
    'LAPWING_SMTP_URL',
    'DATABASE_URL',
  ])('may be secret and are not printed when they are bad: %s', (name) => {
    for (const value of ['hunter2', 'ops=ftp://u:hunter2@h/hunter2', 'htp://u:hunter2@h/hunter2']) {
      try {
        readConfig({ [name]: value });
      } catch (error) {
        expect(String(error)).not.toContain('hunter2');
      }
    }
  });

  it.each([
    [{ LAPWING_PROMETHEUS_USER: 'eve' }, 'PASSWORD: expected both or neither'],
    [{ LAPWING_PROMETHEUS_PASSWORD: 'hunter2' }, 'PASSWORD: expected both or neither'],
    [
      { LAPWING_PROMETHEUS_USER: 'eve', LAPWING_PROMETHEUS_PASSWORD: 'a', LAPWING_PROMETHEUS_TOKEN: 'b' },
      'LAPWING_PROMETHEUS_USER and LAPWING_PROMETHEUS_TOKEN: expected one of them',
    ],
    [{ LAPWING_PROMETHEUS_URL: 'http://eve:hunter2@host' }, 'expected no user and no password in it'],
    [{ LAPWING_PROMETHEUS_SETTLE_SECONDS: '-1' }, 'expected a whole number'],
  ])('of a Prometheus are checked together: %j', (environment, problem) => {
    expect(() => readConfig(environment)).toThrow(problem);
    expect(() => readConfig(environment)).not.toThrow('hunter2');
  });

  it.each(['LAPWING_INFLUXDB_URL', 'LAPWING_AWS_ENDPOINT', 'LAPWING_PORT'])(
    'are printed without the password in an address when they are bad: %s',
    (name) => {
      expect(() => readConfig({ [name]: 'htp://user:hunter2@host/path' })).toThrow(
        'htp://(hidden)@host/path',
      );
    },
  );

  it('switch Graphite off with an empty text, and take a chosen port at its word', () => {
    expect(readConfig({ LAPWING_GRAPHITE_PORT: '' }).graphitePort).toBeNull();
    expect(readConfig({ LAPWING_GRAPHITE_PORT: '2003' }).graphitePort).toEqual({
      port: 2003,
      orAnyFree: false,
    });
  });

  const NAMES = describeSettings().map(({ name }) => name);

  it('refuse what they cannot read, whatever it is, and never fail otherwise', () => {
    const odd = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 30 }),
      fc.webUrl(),
      fc.constantFrom(
        '10.0.0.1:9090',
        'localhost',
        'http://',
        'http:',
        '//',
        '[::1]',
        '-1',
        '1e3',
        'null',
        '\u0000',
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), odd, (name, value) => {
        try {
          readConfig({ [name]: value });
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  const GOOD: Readonly<Record<string, string>> = {
    LAPWING_PORT: '4001',
    LAPWING_DATA_DIR: '/var/lib/lapwing',
    LAPWING_PUBLIC_URL: 'https://lapwing.example.com/',
    LAPWING_HOST_METRICS: 'off',
    LAPWING_API_KEY: 'sesame-sesame-sesame',
    LAPWING_PROMETHEUS_TOKEN: 'sesame',
    LAPWING_CORS_ORIGINS: 'https://a.example',
    DATABASE_URL: 'postgresql://u:p@db.example.com/lapwing',
  };

  it.each(['\n', '\r', '\r\n', '\n\n'])('are read without line ends behind them: %j', (end) => {
    const ended = Object.fromEntries(Object.entries(GOOD).map(([name, text]) => [name, `${text}${end}`]));
    expect(readConfig(ended)).toEqual(readConfig(GOOD));
  });

  it.each([' ', '\t', ' \r\n'])('are read without blanks around them, except secrets: %j', (blank) => {
    const isSecret = new Map(describeSettings().map((row) => [row.name, row.isSecret]));
    const open = Object.entries(GOOD).filter(([name]) => isSecret.get(name) === false);
    expect(open).toHaveLength(5);
    const blanked = Object.fromEntries(open.map(([name, text]) => [name, `${blank}${text}${blank}`]));
    expect(readConfig(blanked)).toEqual(readConfig(Object.fromEntries(open)));
    expect(readConfig({ LAPWING_DATA_DIR: ' a b ' }).dataDir).toBe('a b');
  });

  it.each(Object.keys(GOOD))('are refused in quotes, as docker --env-file leaves them: %s', (name) => {
    const text = GOOD[name] ?? '';
    for (const quoted of [`"${text}"`, `'${text}'`, ` "${text}"\r`]) {
      expect(() => readConfig({ ...GOOD, [name]: quoted })).toThrow(
        new ConfigError([
          `${name}: expected without the quotes around it, which docker --env-file leaves in place`,
        ]),
      );
    }
  });

  /** Without a default, as in `LAPWING_SMTP_URL: ${LAPWING_SMTP_URL:-}` of a compose file. */
  const OPTIONAL = describeSettings().filter(
    ({ name, fallback }) =>
      fallback === '' && !['LAPWING_API_KEY', 'DATABASE_URL', 'LAPWING_SEALING_KEY'].includes(name),
  );

  it('are as good as unset when they are empty and have no default', () => {
    expect(OPTIONAL.length).toBeGreaterThan(20);
    const empty = Object.fromEntries(OPTIONAL.map(({ name }) => [name, '']));
    expect(readConfig(empty)).toEqual(readConfig({}));
    expect(readConfig({ ...empty, LAPWING_API_KEY: GOOD.LAPWING_API_KEY }).apiKey).toBe(GOOD.LAPWING_API_KEY);
  });

  it.each(['LAPWING_API_KEY', 'LAPWING_SEALING_KEY', 'LAPWING_PORT', 'LAPWING_DATA_DIR', 'LAPWING_HOST'])(
    'are refused when they are empty and must not be: %s',
    (name) => {
      expect(() => readConfig({ [name]: '' })).toThrow(new RegExp(`${name}=.*: expected`));
    },
  );

  it.each([
    ['', []],
    ['lapwing.lan', ['lapwing.lan']],
    [' Lapwing.LAN , b.example:4000,', ['lapwing.lan', 'b.example']],
    ['bücher.example', ['xn--bcher-kva.example']],
    ['10.0.0.7, fd00::7, [fd00::8]:4000', ['10.0.0.7', 'fd00::7', 'fd00::8']],
  ])('take %j for the names %j', (given, names) => {
    expect(readConfig({ LAPWING_ALLOWED_HOSTS: given }).allowedHosts).toEqual(names);
  });

  it.each([
    'https://lapwing.lan',
    'lapwing.lan/page',
    '*.lapwing.lan',
    'a b',
    'a@b',
    'a:b',
    'ok.example, //',
  ])('take nothing for a name that no Host header has: %s', (given) => {
    expect(() => readConfig({ LAPWING_ALLOWED_HOSTS: given })).toThrow(
      /LAPWING_ALLOWED_HOSTS=.*: expected names such as lapwing\.example\.com/,
    );
  });

  it.each([
    ['lapwing@example.com', true],
    ['Lapwing <lapwing@example.com>', true],
    ['"Lapwing, of Acme" <lapwing@localhost>', true],
    ['Überwachung <lapwing@bücher.example>', true],
    ['Lapwing', false],
    ['Lapwing lapwing@example.com', false],
    ['lapwing@example.com, ops@example.com', false],
    ['Lapwing <lapwing>', false],
    ['Lapwing <a@example.com>\r\nBcc: <b@example.com>', false],
    ['@example.com', false],
  ])('take %j for the sender of mail: %s', (given, isTaken) => {
    const read = () => readConfig({ LAPWING_SMTP_FROM: given }).smtpFrom;
    if (isTaken) expect(read()).toBe(given);
    else expect(read).toThrow(/LAPWING_SMTP_FROM=.*: expected an address such as/);
  });

  it.each([
    ['smtp://', false],
    ['smtps:///', false],
    ['smtp:mail.example.com', false],
    ['mail.example.com:25', false],
    ['smtp://mail.example.com', true],
    ['smtps://u:p@[::1]:465', true],
  ])('take %j for an SMTP server: %s', (given, isTaken) => {
    const read = () => readConfig({ LAPWING_SMTP_URL: given }).smtpUrl;
    if (isTaken) expect(read()).toBe(given);
    else expect(read).toThrow(/LAPWING_SMTP_URL=\(hidden\): expected an smtp or smtps URL/);
  });

  it.each([
    ['[::1]', '::1'],
    ['::', '::'],
    ['lapwing.local', 'lapwing.local'],
  ])('take the host %s for %s', (given, host) => {
    expect(readConfig({ LAPWING_HOST: given }).host).toBe(host);
  });

  it.each([
    [{ LAPWING_STATSD_PORT: '4000' }, 'LAPWING_PORT and LAPWING_STATSD_PORT', 4000],
    [{ LAPWING_OTLP_GRPC_PORT: '4000' }, 'LAPWING_PORT and LAPWING_OTLP_GRPC_PORT', 4000],
    [{ LAPWING_PORT: '8125', LAPWING_STATSD_PORT: '08125' }, 'LAPWING_PORT and LAPWING_STATSD_PORT', 8125],
    [
      { LAPWING_GRAPHITE_PORT: '2004', LAPWING_GRAPHITE_PICKLE_PORT: '2004' },
      'LAPWING_GRAPHITE_PORT and LAPWING_GRAPHITE_PICKLE_PORT',
      2004,
    ],
    [
      { LAPWING_PORT: '1', LAPWING_GRAPHITE_PORT: '1', LAPWING_STATSD_PORT: '1' },
      'LAPWING_PORT and LAPWING_GRAPHITE_PORT and LAPWING_STATSD_PORT',
      1,
    ],
  ])('refuse one port for two listeners: %j', (given, names, port) => {
    expect(() => readConfig(given)).toThrow(`${names}: expected different ports, got ${port} for each`);
  });

  it.each([
    // Graphite takes any free one.
    { LAPWING_PORT: '2003' },
    { LAPWING_PORT: '0', LAPWING_GRAPHITE_PORT: '0', LAPWING_STATSD_PORT: '0' },
    { LAPWING_GRAPHITE_PORT: '', LAPWING_STATSD_PORT: '2003', LAPWING_GRAPHITE_PICKLE_PORT: '' },
  ])('take ports that are not the same: %j', (given) => {
    expect(() => readConfig(given)).not.toThrow();
  });

  it('do not take an empty address for the embedded database', () => {
    expect(readConfig({ DATABASE_URL: '' }).databaseUrl).toBe('');
  });

  it.each(['https://a.example/?page=1', 'https://a.example/#/x', 'a.example'])(
    'take no address of the page that links cannot go on from: %s',
    (given) => {
      expect(() => readConfig({ LAPWING_PUBLIC_URL: given })).toThrow(
        /LAPWING_PUBLIC_URL=.*: expected an http or https URL without query and fragment/,
      );
    },
  );

  it('name the variables that look like settings and are none', () => {
    expect(findUnknownSettings({ LAPWING_PORTT: '1', LAPWING_PORT: '1', PATH: '' })).toEqual([
      'LAPWING_PORTT',
    ]);
  });
});

describe('a setting without the one it belongs to', () => {
  it.each([
    [
      {
        LAPWING_INFLUXDB_ORG: 'acme',
        LAPWING_INFLUXDB_BUCKET: 'own',
        LAPWING_INFLUXDB_TOKEN: 'hunter2',
        LAPWING_INFLUXDB_SCORES: 'on',
        LAPWING_MONITORING_FLUSH_SECONDS: '10',
      },
      { LAPWING_INFLUXDB_URL: 'http://influxdb:8086' },
      'LAPWING_INFLUXDB_URL',
    ],
    [
      {
        LAPWING_PROMETHEUS_USER: 'eve',
        LAPWING_PROMETHEUS_PASSWORD: 'hunter2',
        LAPWING_PROMETHEUS_SETTLE_SECONDS: '60',
      },
      { LAPWING_PROMETHEUS_URL: 'http://prometheus:9090' },
      'LAPWING_PROMETHEUS_URL',
    ],
    [
      { LAPWING_PROMETHEUS_TOKEN: 'hunter2' },
      { LAPWING_PROMETHEUS_URL: 'http://p:9090' },
      'LAPWING_PROMETHEUS_URL',
    ],
    [
      { LAPWING_REMOTE_WRITE_USER: 'eve', LAPWING_REMOTE_WRITE_TOKEN: 'hunter2' },
      { LAPWING_REMOTE_WRITE_URL: 'http://prometheus:9090/api/v1/write' },
      'LAPWING_REMOTE_WRITE_URL',
    ],
    [{ LAPWING_SMTP_FROM: 'a@example.com' }, { LAPWING_SMTP_URL: 'smtp://mail' }, 'LAPWING_SMTP_URL'],
    [
      {
        LAPWING_OIDC_NAME: 'Acme',
        LAPWING_OIDC_SCOPES: 'openid',
        LAPWING_OIDC_ROLE_CLAIM: 'roles',
        LAPWING_OIDC_REFRESH_SECONDS: '60',
        LAPWING_OIDC_SESSION_HOURS: '8',
      },
      {
        LAPWING_OIDC_ISSUER: 'https://id.example.com',
        LAPWING_OIDC_CLIENT_ID: 'lapwing',
        LAPWING_OIDC_CLIENT_SECRET: 'hunter2',
        LAPWING_OIDC_ROLES: 'ops=ADMIN',
        LAPWING_PUBLIC_URL: 'https://lapwing.example.com',
      },
      'LAPWING_OIDC_ISSUER',
    ],
    [
      { LAPWING_PEER_ADDRESS: 'http://10.0.0.7:4000', LAPWING_CLUSTER_SECRET: 'hunter2hunter2hunter2' },
      { LAPWING_CLUSTER: 'on', DATABASE_URL: 'postgresql://a@b/c' },
      'LAPWING_CLUSTER=on',
    ],
    [
      { LAPWING_STATSD_FLUSH_SECONDS: '60', LAPWING_STATSD_OPEN: 'on' },
      { LAPWING_STATSD_PORT: '8125' },
      'LAPWING_STATSD_PORT',
    ],
    [
      { LAPWING_TRUSTED_DOCUMENTS_ONLY: 'on' },
      { LAPWING_TRUSTED_DOCUMENTS: 'documents.json' },
      'LAPWING_TRUSTED_DOCUMENTS',
    ],
    [
      {
        OTEL_EXPORTER_OTLP_HEADERS: 'a=hunter2',
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=hunter2',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/protobuf',
        OTEL_TRACES_EXPORTER: 'otlp',
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.1',
      },
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' },
      'OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    ],
    [
      { OTEL_TRACES_SAMPLER_ARG: '0.1' },
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318', OTEL_TRACES_SAMPLER: 'parentbased_traceidratio' },
      'OTEL_TRACES_SAMPLER=traceidratio or parentbased_traceidratio',
    ],
  ])('is named, with what is missing: %j', (members, leaders, missing) => {
    const expected = Object.keys(members).map((name) => `${name} without ${missing}`);
    const found = findIdleSettings(members);
    expect(found).toEqual(expect.arrayContaining(expected));
    expect(found.join()).not.toContain('hunter2');
    // It is none that a server refuses, and none with what it belongs to.
    expect(readConfig(members)).toMatchObject({ host: '127.0.0.1' });
    expect(readConfig({ ...members, ...leaders })).toMatchObject({ host: '127.0.0.1' });
    expect(findIdleSettings({ ...members, ...leaders })).toEqual([]);
  });

  it('is named where its file is, whose text is not read again', () => {
    expect(findIdleSettings({ LAPWING_INFLUXDB_TOKEN_FILE: '/nowhere' })).toEqual([
      'LAPWING_INFLUXDB_TOKEN without LAPWING_INFLUXDB_URL',
    ]);
  });

  it.each(['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'])(
    'is %s, which other programs heed',
    (name) => {
      expect(findIdleSettings({ [name]: 'http://user:hunter2@proxy:3128', NO_PROXY: 'localhost' })).toEqual([
        `${name}, as the server makes its connections itself: docs/deploy.md`,
      ]);
      expect(findIdleSettings({ [name]: '' })).toEqual([]);
    },
  );

  it('is nothing to name where it is empty, off or its default', () => {
    const defaults = Object.fromEntries(
      describeSettings()
        .filter(({ fallback }) => fallback !== 'on')
        .map(({ name, fallback }) => [name, fallback]),
    );
    expect(findIdleSettings(defaults)).toEqual([]);
    expect(findIdleSettings({ LAPWING_TRUSTED_DOCUMENTS_ONLY: 'off', OTEL_TRACES_EXPORTER: 'none' })).toEqual(
      [],
    );
  });
});

describe('a secret setting', () => {
  const secrets = describeSettings().filter(({ isSecret }) => isSecret);
  const VALUES: Readonly<Record<string, string>> = {
    LAPWING_SEALING_KEY: `${'sesame'.repeat(7)}s=`,
    LAPWING_CLOUDWATCH_WEBHOOKS: 'ops=https://hooks.example.com/sesame',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=sesame',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=sesame',
    LAPWING_SMTP_URL: 'smtp://u:sesame@mail.example.com',
    DATABASE_URL: 'postgresql://u:sesame@db.example.com/lapwing',
  };
  /** What goes together with one. */
  const PAIRS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    LAPWING_CLOUDWATCH_SECRET_ACCESS_KEY: { LAPWING_CLOUDWATCH_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' },
    LAPWING_PROMETHEUS_PASSWORD: { LAPWING_PROMETHEUS_USER: 'eve' },
    LAPWING_OIDC_CLIENT_SECRET: {
      LAPWING_OIDC_ISSUER: 'https://id.example.com',
      LAPWING_OIDC_CLIENT_ID: 'lapwing',
      LAPWING_OIDC_ROLES: 'ops=ADMIN',
      LAPWING_PUBLIC_URL: 'https://lapwing.example.com',
    },
  };
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lapwing-secrets-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(secrets.map(({ name }) => name))('is read from the file that %s_FILE names', async (name) => {
    const value = VALUES[name] ?? 'sesame-sesame-sesame-sesame';
    const pair = PAIRS[name] ?? {};
    const file = join(folder, name);
    await writeFile(file, `${value}\n`);
    expect(readConfig({ ...pair, [`${name}_FILE`]: file })).toEqual(readConfig({ ...pair, [name]: value }));
    expect(findUnknownSettings({ [`${name}_FILE`]: file })).toEqual([]);
    expect(() => readConfig({ ...pair, [`${name}_FILE`]: file, [name]: value })).toThrow(
      `${name} and ${name}_FILE: expected one of them`,
    );
    expect(() => readConfig({ ...pair, [`${name}_FILE`]: join(folder, 'none') })).toThrow(
      /_FILE="[^"]*none": ENOENT/,
    );
  });

  it.each([
    ['\uFEFFsesame-sesame-sesame\r\n', 'utf8'],
    ['sesame-sesame-sesame\n\n', 'utf8'],
  ] as const)('is read as editors write it: %j', async (text, encoding) => {
    const file = join(folder, 'written');
    await writeFile(file, text, encoding);
    expect(readConfig({ LAPWING_API_KEY_FILE: file, LAPWING_API_KEY: '' }).apiKey).toBe(
      'sesame-sesame-sesame',
    );
  });

  it.each([Buffer.from('\uFEFFsesame', 'utf16le'), Buffer.from([0x73, 0xe9, 0x73])])(
    'is refused where its file is no text in UTF-8: %j',
    async (bytes) => {
      const file = join(folder, 'binary');
      await writeFile(file, bytes);
      expect(() => readConfig({ LAPWING_PROMETHEUS_TOKEN_FILE: file })).toThrow(
        /_FILE=.*: expected text in UTF-8/,
      );
    },
  );

  it('is not there where its file is empty, which opens no server', async () => {
    const file = join(folder, 'empty');
    await writeFile(file, '\n');
    expect(() => readConfig({ LAPWING_API_KEY_FILE: file })).toThrow(
      /LAPWING_API_KEY=.*: expected at least 16/,
    );
    expect(() => readConfig({ LAPWING_API_KEY_FILE: '' })).toThrow(/LAPWING_API_KEY_FILE="": ENOENT/);
  });

  it('is each one there is', () => {
    expect(secrets.length).toBeGreaterThan(5);
    expect(findUnknownSettings({ LAPWING_PORT_FILE: 'x' })).toEqual(['LAPWING_PORT_FILE']);
  });
});
