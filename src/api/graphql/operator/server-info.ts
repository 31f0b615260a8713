/** What the server says of itself. */
import type { Reading } from '../../../platform/telemetry/metrics.ts';
import { builder } from '../builder/builder.ts';
import type { ApiParts } from '../builder/context.ts';
import { LicenseRef } from './license.ts';
import type { ClusterMember } from '../../../platform/cluster/cluster-directory.ts';
import { describeValues } from '../builder/enums.ts';

const ClusterRoleRef = builder.enumType('ClusterRole', {
  description: 'What a server does in its cluster.',
  values: describeValues({
    LEADER: 'Takes and scores points, and everything else that writes. There is one.',
    REPLICA: 'Answers queries and subscriptions, and passes everything else on to the leader.',
  }),
});

const ClusterMemberRef = builder.objectRef<ClusterMember>('ClusterMember').implement({
  description: 'A server of the cluster.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its host and process.' }),
    address: t.exposeString('address', { description: 'URL the other members reach it at.' }),
    role: t.field({
      type: ClusterRoleRef,
      description: 'What it does.',
      resolve: ({ isLeader }) => (isLeader ? 'LEADER' : 'REPLICA'),
    }),
    isReady: t.exposeBoolean('isReady', {
      description: 'Whether it answers: false while it starts, takes over or leaves.',
    }),
    version: t.exposeString('version', { description: 'Of its program.' }),
    started: t.expose('startedAt', {
      type: 'DateTime',
      description: 'When it was started.',
    }),
  }),
});

/** The type of a field that is deprecated. */
const CounterKindRef = builder.enumType('CounterKind', {
  description: 'As `CounterType`, in lower case.',
  values: {
    counter: { value: 'counter', description: 'Only rises; 0 when the server starts.' },
    gauge: { value: 'gauge', description: 'Goes up and down.' },
  },
});

const CounterTypeRef = builder.enumType('CounterType', {
  description: 'How to read a number.',
  values: {
    COUNTER: { value: 'counter', description: 'Only rises; 0 when the server starts.' },
    GAUGE: { value: 'gauge', description: 'Goes up and down.' },
  } as const,
});

const CounterRef = builder.objectRef<Reading>('Counter').implement({
  description: 'One number the server counts about itself.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The same as in /metrics.' }),
    type: t.expose('kind', { type: CounterTypeRef, description: 'How to read it.' }),
    kind: t.expose('kind', {
      type: CounterKindRef,
      description: 'As `type`, in lower case.',
      deprecationReason: 'Use `type`.',
    }),
    help: t.exposeString('help', { description: 'What it means when it rises.' }),
    reason: t.exposeString('reason', {
      nullable: true,
      description: 'What part of it this is; null when it is whole.',
    }),
    value: t.exposeFloat('value', { description: 'What it is now.' }),
  }),
});

export const ServerInfoRef = builder.objectRef<ApiParts>('ServerInfo').implement({
  description: 'This server.',
  fields: (t) => ({
    version: t.string({ description: 'Of the program.', resolve: ({ facts }) => facts.version }),
    started: t.field({
      type: 'DateTime',
      description: 'When it was started.',
      resolve: ({ facts }) => facts.startedAt,
    }),
    database: t.string({ description: 'Where samples are kept.', resolve: ({ facts }) => facts.database }),
    detector: t.string({
      description: 'The detector new metrics get, with its version.',
      resolve: ({ facts }) => facts.detector,
    }),
    graphiteAddress: t.string({
      nullable: true,
      description: 'Where Graphite lines are taken, such as tcp://127.0.0.1:2003; null where they are not.',
      resolve: ({ facts }) => facts.graphiteAddress(),
    }),
    cursor: t.string({
      description: 'Cursor of the newest score: `anomalyScores(after:)` goes on from here.',
      resolve: ({ live }) => live.head(),
    }),
    changeCursor: t.string({
      nullable: true,
      description:
        'Cursor of the newest change of an incident, a message or the status of a metric. Read before a list of these, it is where their subscription has to go on (`after`) to miss nothing.',
      resolve: async ({ changes }) => changes.cursorOf(await changes.newest()),
    }),
    embedOrigins: t.stringList({
      description:
        'Origins whose pages may embed panels, beside this server itself, from LAPWING_EMBED_ORIGINS; `*` for any.',
      resolve: ({ facts }) => facts.embedOrigins,
    }),
    members: t.field({
      type: [ClusterMemberRef],
      description:
        'Servers of the cluster that live, the leader first; empty where this server is in none (LAPWING_CLUSTER).',
      resolve: ({ listMembers }) => listMembers(),
    }),
    subscribers: t.int({
      description: 'Subscriptions to scores that are open.',
      resolve: ({ live }) => live.subscriberCount(),
    }),
    metrics: t.int({ description: 'Metrics known.', resolve: ({ registry }) => registry.size }),
    resources: t.int({
      description: 'Resources that are monitored, each counted once however many of its metrics are.',
      resolve: ({ quota }) => quota.count(),
    }),
    resourceLimit: t.int({
      nullable: true,
      description: 'How many may be, by the settings and the licence; null for any number.',
      resolve: ({ quota }) => quota.limit(),
    }),
    license: t.field({
      type: LicenseRef,
      description: 'What the last look at the licence saw: at start, and at every midnight.',
      resolve: ({ readLicense }) => readLicense(),
    }),
    monitoringFlushSeconds: t.float({
      nullable: true,
      description: 'Seconds between two writes of own points; null where no InfluxDB takes them.',
      resolve: ({ flushPeriod }) => flushPeriod?.flushSeconds() ?? null,
    }),
    counters: t.field({
      type: [CounterRef],
      description: 'Everything the server counts.',
      args: { names: t.arg.stringList({ description: 'Only these.' }) },
      resolve: ({ stats }, { names }) =>
        stats.snapshot().filter(({ name }) => names == null || names.includes(name)),
    }),
    unknownCounters: t.stringList({
      description: 'Which of these names the server counts nothing under, in the order given.',
      args: { names: t.arg.stringList({ required: true, description: 'Names as in `counters(names:)`.' }) },
      resolve: ({ stats }, { names }) => {
        const known = new Set<string>(stats.snapshot().map(({ name }) => name));
        return names.filter((name) => !known.has(name));
      },
    }),
  }),
});

builder.queryField('serverInfo', (t) =>
  t.field({
    type: ServerInfoRef,
    description: 'What the server says of itself.',
    resolve: (_root, _args, context) => context,
  }),
);
