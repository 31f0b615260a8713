/** The audit log: what was changed, by whom, with which result. */
import { AUDIT_DAYS } from '../../../core/access/audit-log.ts';
import type { AuditEntry, Prisma } from '../../../generated/prisma/client.ts';
import { builder } from '../builder/builder.ts';
import { readOneOf, readRange, whereOneOf } from '../builder/filter-input.ts';
import { readIdOrBare, writeNodeId } from '../builder/node-id.ts';
import { readPage, THING_PAGE } from '../builder/page.ts';

const AuditEntryRef = builder.objectRef<AuditEntry>('AuditEntry').implement({
  description: 'One mutation, done or refused.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    apiKeyId: t.id({
      nullable: true,
      description:
        'The key it was done with, as `ApiKey.id`; null of a user, and while the server asked for none.',
      resolve: ({ keyId }) => (keyId === null ? null : writeNodeId('ApiKey', keyId)),
    }),
    keyId: t.exposeString('keyId', {
      nullable: true,
      description: 'As `apiKeyId`, without its type.',
      deprecationReason: 'Use `apiKeyId`.',
    }),
    keyName: t.exposeString('keyName', {
      description: 'The name of the key, or of the user; open where none was asked for.',
    }),
    userId: t.exposeString('userId', {
      nullable: true,
      description: 'The user who signed in, as the OpenID Connect provider knows them (`sub`); null of keys.',
    }),
    field: t.exposeString('field', { description: 'Name of the mutation.' }),
    arguments: t.field({
      type: 'JSON',
      description: 'What was asked for: at most 2 kB of it, without secrets.',
      resolve: (entry) => entry.arguments,
    }),
    result: t.exposeString('result', {
      description: 'Name of the type that came back, or the code of the error.',
    }),
    requestId: t.exposeString('requestId', {
      nullable: true,
      description: 'As in the header x-request-id of the answer, and in logs.',
    }),
  }),
});

const AuditLogFilterRef = builder.inputType('AuditLogFilter', {
  description: 'Which entries; all conditions have to hold.',
  fields: (t) => ({
    fields: t.stringList({ description: 'Of one of these mutations.' }),
    apiKeyIds: t.idList({ description: 'Done with one of these keys, as `ApiKey.id`.' }),
    userIds: t.stringList({ description: 'Done by one of these users, as `userId`.' }),
    results: t.stringList({ description: 'With one of these as `result`.' }),
    from: t.field({ type: 'DateTime', description: 'Not older than this.' }),
    to: t.field({ type: 'DateTime', description: 'Not newer than this.' }),
  }),
});

builder.queryField('auditLog', (t) =>
  t.connection(
    {
      type: AuditEntryRef,
      nullable: true,
      extensions: { scope: 'ADMIN' },
      description: `Every mutation of the last ${AUDIT_DAYS} days, the last one first, but for those that push points, which are only counted. Pages of ${THING_PAGE.most} at most.`,
      args: {
        filter: t.arg({ type: AuditLogFilterRef, description: 'Which of them; all when left out.' }),
        field: t.arg.string({
          description: 'Only this mutation.',
          deprecationReason: 'Use `filter.fields`.',
        }),
        keyId: t.arg.string({
          description: 'Only those done with this key, as `ApiKey.id`.',
          deprecationReason: 'Use `filter.apiKeyIds`.',
        }),
        from: t.arg({
          type: 'DateTime',
          description: 'Not older than this.',
          deprecationReason: 'Use `filter.from`.',
        }),
        to: t.arg({
          type: 'DateTime',
          description: 'Not newer than this.',
          deprecationReason: 'Use `filter.to`.',
        }),
      },
      resolve: (_root, { filter, field, keyId, from, to, ...args }, { prisma }) => {
        const where = {
          AND: [
            toWhere(filter ?? {}, field),
            keyId == null ? {} : { keyId: readIdOrBare('ApiKey', keyId, ['keyId']) },
            { at: readRange(from, to) },
          ],
        };
        return readPage({
          args,
          size: THING_PAGE,
          parseCursor: (cursor) => (/^\d{1,18}$/.test(cursor) ? BigInt(cursor) : null),
          writeCursor: ({ id }: AuditEntry) => String(id),
          read: ({ after, before, limit, fromEnd }) =>
            prisma.auditEntry.findMany({
              where: {
                ...where,
                id: { ...(after === null ? {} : { lt: after }), ...(before === null ? {} : { gt: before }) },
              },
              orderBy: { id: fromEnd ? 'asc' : 'desc' },
              take: limit,
            }),
          countAll: () => prisma.auditEntry.count({ where }),
        });
      },
    },
    { name: 'AuditLogConnection', description: 'One page of the audit log.' },
    { name: 'AuditLogEdge', description: 'An entry and its place in the list.' },
  ),
);

type AuditLogFilter = typeof AuditLogFilterRef.$inferInput;

/** @param field the former argument for one mutation; both have to hold @throws InvalidInputError naming the field */
function toWhere(filter: AuditLogFilter, field: string | null | undefined): Prisma.AuditEntryWhereInput {
  const path = (name: keyof AuditLogFilter) => ['filter', name];
  const keyIds = readOneOf(filter.apiKeyIds, path('apiKeyIds'))?.map((id, place) =>
    readIdOrBare('ApiKey', id, [...path('apiKeyIds'), String(place)]),
  );
  return {
    ...whereOneOf('field', readOneOf(filter.fields, path('fields'), field)),
    ...whereOneOf('keyId', keyIds ?? null),
    ...whereOneOf('userId', readOneOf(filter.userIds, path('userIds'))),
    ...whereOneOf('result', readOneOf(filter.results, path('results'))),
    at: readRange(filter.from, filter.to, ['filter']),
  };
}
