/** A server of the cluster. */
import type { ClusterMember } from '../../../platform/cluster/cluster-directory.ts';
import { builder } from '../builder/builder.ts';
import { describeValues } from '../builder/enums.ts';

const ClusterRoleRef = builder.enumType('ClusterRole', {
  description: 'What a server does in its cluster.',
  values: describeValues({
    LEADER: 'Takes and scores points, and everything else that writes. There is one.',
    REPLICA: 'Answers queries and subscriptions, and passes everything else on to the leader.',
  }),
});

export const ClusterMemberRef = builder.objectRef<ClusterMember>('ClusterMember').implement({
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
