/** What docs/deploy offers to operators, held against the program and against what reads it. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readConfiguration } from '../../src/cli/apply/read-configuration.ts';
import { findUnknownSettings, readConfig } from '../../src/platform/config/read-config.ts';

const FOLDER = join(import.meta.dirname, '../../docs/deploy');
const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8');
const run = promisify(execFile);
const VERIFIER = '/usr/bin/systemd-analyze';
const HAPROXY = '/usr/sbin/haproxy';
const composeFile = z.object({
  services: z.record(
    z.string(),
    z.object({ hostname: z.string().optional(), environment: z.record(z.string(), z.string()).optional() }),
  ),
});
const podOf = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        enableServiceLinks: z.literal(false),
        containers: z.array(
          z.object({ env: z.array(z.object({ name: z.string(), value: z.string().optional() })) }),
        ),
      }),
    }),
  }),
});

describe('the unit of systemd', () => {
  const unit = read('lapwing.service');
  const valuesOf = (name: string) =>
    [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);

  it('sets what is a setting, and nothing that is none', () => {
    const environment = Object.fromEntries(
      valuesOf('Environment').map((pair) => pair.split('=') as [string, string]),
    );
    expect(findUnknownSettings(environment)).toEqual([]);
    expect(readConfig(environment).configFile).toBe('/etc/lapwing/lapwing.yaml');
    expect(readConfig(environment).dataDir).toBe(`/var/lib/${valuesOf('StateDirectory')[0] ?? ''}`);
  });

  it('gives a stop longer than the server takes at most, and leaves its PostgreSQL to it', () => {
    expect(Number(valuesOf('TimeoutStopSec')[0])).toBeGreaterThan(30);
    expect(valuesOf('KillMode')).toEqual(['mixed']);
  });

  it.skipIf(!existsSync(VERIFIER))('is one that systemd takes without a warning', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'lapwing-unit-'));
    try {
      const file = join(folder, 'lapwing.service');
      // It looks whether the program is there.
      await writeFile(file, unit.replace('/usr/bin/lapwing', process.execPath));
      const { stdout, stderr } = await run(VERIFIER, ['verify', '--man=no', file]);
      // It speaks of the machine's own units as well.
      const ofOthers = (line: string) => /^\/\S+\.\w+:\d+:/.test(line) && !line.startsWith(file);
      expect(`${stdout}${stderr}`.split('\n').filter((line) => line !== '' && !ofOthers(line))).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('the image', () => {
  it('lets a user that is any number, in the group root, use its volume', () => {
    const text = readFileSync(join(FOLDER, '../../Dockerfile'), 'utf8');
    expect(text).toMatch(/^RUN mkdir (\/data) && chown node:root \1 && chmod 770 \1$/m);
    expect(text).toMatch(/apt-get install .*\blibnss-wrapper\b/);
    // A volume takes over what its folder has before it is declared.
    expect(text.indexOf('chmod 770 /data')).toBeLessThan(text.indexOf('VOLUME /data'));
  });

  it.each([
    [200, 0],
    [503, 1],
  ])('is as healthy as /ready says, on the port that is set: %i', async (status, code) => {
    const text = readFileSync(join(FOLDER, '../../Dockerfile'), 'utf8');
    const [, script = ''] = /^ {2}CMD \["node", "-e", "(.*)"\]$/m.exec(text) ?? [];
    const server = createServer((request, response) =>
      response.writeHead(request.url === '/ready' ? status : 404).end(),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const child = spawn(process.execPath, ['-e', script], { env: { LAPWING_PORT: String(port) } });
    expect(await once(child, 'exit')).toEqual([code, null]);
    server.close();
  });

  it('keeps the compiler of queries that the client loads', () => {
    const root = join(FOLDER, '../..');
    const kept = /! -name '(query_compiler_[^']*)\*'/.exec(
      readFileSync(join(root, 'Dockerfile'), 'utf8'),
    )?.[1];
    const client = readFileSync(join(root, 'src/generated/prisma/internal/class.ts'), 'utf8');
    const loaded = [...client.matchAll(/runtime\/(query_compiler_[\w.-]+)"/g)].map(([, file]) => file);
    expect(loaded.length).toBeGreaterThan(0);
    for (const file of loaded) expect(file?.startsWith(kept ?? 'nothing')).toBe(true);
  });
});

const labels = z.record(z.string(), z.string());
const probe = z.object({ httpGet: z.object({ path: z.string(), port: z.string() }) });
const statefulSet = z.object({
  kind: z.literal('StatefulSet'),
  spec: z.object({
    replicas: z.literal(1),
    serviceName: z.string(),
    selector: z.object({ matchLabels: labels }),
    template: z.object({
      metadata: z.object({ labels }),
      spec: z.object({
        terminationGracePeriodSeconds: z.number().gt(30),
        enableServiceLinks: z.literal(false),
        volumes: z.array(z.object({ name: z.string() }).loose()),
        containers: z
          .array(
            z.object({
              image: z.string(),
              env: z.array(z.object({ name: z.string(), value: z.string() })),
              ports: z.array(z.object({ name: z.string(), containerPort: z.number() })),
              startupProbe: probe,
              livenessProbe: probe,
              readinessProbe: probe,
              volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string() }).loose()),
            }),
          )
          .length(1),
      }),
    }),
    volumeClaimTemplates: z.array(z.object({ metadata: z.object({ name: z.string() }) })),
  }),
});
const service = z.object({
  kind: z.literal('Service'),
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    selector: labels,
    ports: z.array(z.object({ port: z.number(), targetPort: z.string() })),
  }),
});
const configMap = z.object({
  kind: z.literal('ConfigMap'),
  data: z.object({ 'lapwing.yaml': z.string() }),
});

describe('the manifests for Kubernetes', () => {
  const documents = parseAllDocuments(read('kubernetes.yaml'));
  const objects = documents.map((document) => document.toJS() as unknown);
  const map = configMap.parse(objects[0]);
  const front = service.parse(objects[1]);
  const { spec } = statefulSet.parse(objects[2]);
  const pod = spec.template.spec;

  it('are YAML without a mistake, and name each other', () => {
    expect(documents.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([]);
    expect(spec.serviceName).toBe(front.metadata.name);
    expect(front.spec.selector).toEqual(spec.template.metadata.labels);
    expect(spec.selector.matchLabels).toEqual(spec.template.metadata.labels);
    const volumes = [
      ...pod.volumes.map(({ name }) => name),
      ...spec.volumeClaimTemplates.map(({ metadata }) => metadata.name),
    ];
    const mounted = pod.containers.flatMap(({ volumeMounts }) => volumeMounts.map(({ name }) => name));
    expect(mounted.toSorted()).toEqual(volumes.toSorted());
  });

  it('run the version there is, with settings there are, on the port of the image', () => {
    const [container] = pod.containers;
    const { version } = JSON.parse(readFileSync(join(FOLDER, '../../package.json'), 'utf8')) as {
      version: string;
    };
    expect(container?.image).toBe(`lapwing:${version}`);
    const environment = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
    expect(findUnknownSettings(environment)).toEqual([]);
    // The file of the key is in the pod alone.
    const { LAPWING_API_KEY_FILE: keyFile, ...others } = environment;
    const config = readConfig(others);
    const mounts = (container?.volumeMounts ?? []).map(({ mountPath }) => mountPath);
    for (const file of [keyFile, config.configFile]) {
      expect(mounts.some((path) => file?.startsWith(`${path}/`))).toBe(true);
    }
    const ports = new Map((container?.ports ?? []).map(({ name, containerPort }) => [name, containerPort]));
    expect(ports.get('http')).toBe(config.port);
    expect(front.spec.ports.map(({ targetPort }) => ports.get(targetPort))).toEqual([config.port]);
    const image = readFileSync(join(FOLDER, '../../Dockerfile'), 'utf8');
    expect(image).toContain(`EXPOSE ${config.port}`);
    expect(mounts).toContain(/^VOLUME (.*)$/m.exec(image)?.[1]);
  });

  it('ask the paths that say how the server is, and hold a configuration that can be applied', () => {
    const [container] = pod.containers;
    expect([
      container?.startupProbe.httpGet.path,
      container?.livenessProbe.httpGet.path,
      container?.readinessProbe.httpGet.path,
    ]).toEqual(['/health', '/health', '/ready']);
    const secrets = { folder: FOLDER, environment: {} };
    expect(readConfiguration(map.data['lapwing.yaml'], 'lapwing.yaml', secrets)).toEqual({
      entries: [],
      deletions: [],
    });
  });
});

describe('the files of a cluster', () => {
  const compose = parseAllDocuments(read('compose.cluster.yaml'), { merge: true })[0];
  const { services } = composeFile.parse(compose?.toJS());
  const members = Object.entries(services).filter(([name]) => name.startsWith('lapwing-'));
  const manifests = parseAllDocuments(read('kubernetes.cluster.yaml'));
  const deployment = manifests
    .map((document) => document.toJS() as { readonly kind: string })
    .find(({ kind }) => kind === 'Deployment');

  it('are YAML without a mistake', () => {
    expect(
      [compose, ...manifests].flatMap((document) => [
        ...(document?.errors ?? []),
        ...(document?.warnings ?? []),
      ]),
    ).toEqual([]);
  });

  it('set what members of one cluster need, and nothing that is no setting', () => {
    expect(members).toHaveLength(3);
    for (const [name, { hostname, environment = {} }] of members) {
      // The others reach it by its host name.
      expect(hostname).toBe(name);
      expect(findUnknownSettings(environment)).toEqual([]);
      const secrets = {
        LAPWING_SEALING_KEY: Buffer.alloc(32).toString('base64'),
        LAPWING_API_KEY: 'k'.repeat(32),
      };
      const given = { ...environment, ...secrets };
      expect(readConfig(given)).toMatchObject({ cluster: true });
    }
    const pod = podOf.parse(deployment).spec.template.spec;
    const environment = Object.fromEntries(
      (pod.containers[0]?.env ?? []).map(({ name, value }) => [name, value ?? '']),
    );
    expect(findUnknownSettings(environment)).toEqual([]);
    // Files that are in the pod alone.
    const others = Object.entries(environment).filter(([name]) => !name.endsWith('_FILE'));
    const addressOf = (ip: string) => environment.LAPWING_PEER_ADDRESS?.replace('$(POD_IP)', ip);
    // Pods of IPv6-only clusters, too.
    for (const [ip, host] of [
      ['10.0.0.7', '10.0.0.7'],
      ['fd00:10:244::7', '[fd00:10:244::7]'],
    ] as const) {
      const given = { DATABASE_URL: 'postgresql://x/y', LAPWING_PEER_ADDRESS: addressOf(ip) };
      const config = readConfig({ ...Object.fromEntries(others), ...given });
      expect(config).toMatchObject({ cluster: true, peerAddress: `http://${host}:4000` });
    }
  });

  it('have HAProxy ask each member for /ready', () => {
    const text = read('haproxy.cluster.cfg');
    const servers = [...text.matchAll(/^ {2}server \w+ ([\w-]+):(4000|2003)$/gm)].map(
      ([, host, port]) => `${host}:${port}`,
    );
    const names = members.map(([name]) => name);
    expect(servers).toEqual([...names.map((name) => `${name}:4000`), ...names.map((name) => `${name}:2003`)]);
    expect(text.match(/option httpchk GET \/ready/g)).toHaveLength(2);
  });

  // Names it cannot find, as of containers that are still to be made, keep it from nothing.
  it.skipIf(!existsSync(HAPROXY)).each(['haproxy.cfg', 'haproxy.cluster.cfg'])(
    'are taken by HAProxy: %s',
    async (file) => {
      await run(HAPROXY, ['-c', '-f', join(FOLDER, file)]);
      // Else the limits by address would count all clients as one.
      expect(read(file)).toMatch(/^ {2}option forwardfor$/m);
    },
  );
});
