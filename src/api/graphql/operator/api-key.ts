/** API keys and accounts: who may ask this server. */
import { mayDo } from '../../../core/access/caller.ts';
import {
  type CreatedKey,
  findKeys,
  listKeys,
  MAX_KEYS,
  type StoredKey,
} from '../../../core/access/key-store.ts';
import { DuplicateNameError, NotFoundError, QuotaExceededError } from '../../../errors.ts';
import type { Account } from '../../../generated/prisma/client.ts';
import type { Scope } from '../../../model.ts';
import { builder } from '../builder/builder.ts';
import { describeValues } from '../builder/enums.ts';
import { defineIdInput, resultUnion } from '../builder/field-options.ts';
import { readIdOrBare } from '../builder/node-id.ts';

const AccessScopeRef = builder.enumType('AccessScope', {
  description: 'What a key may be used for.',
  values: describeValues<Scope>({
    INGEST: 'Push points, and nothing else.',
    READ: 'Ask and subscribe.',
    WRITE: 'Change metrics and all that belongs to them; READ and INGEST too.',
    ADMIN: 'Everything: keys, the audit log, settings of the server too.',
  }),
});

const AccountRef = builder.objectRef<Account>('Account').implement({
  description: 'The owner of metrics. A key of one account sees nothing of another.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'Its name; default for whatever is not said to be another’s.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
  }),
});

const ApiKeyRef = builder.node(builder.objectRef<StoredKey>('ApiKey'), {
  description: 'A key of the API. The key itself is stored nowhere.',
  id: {
    resolve: ({ id }) => id,
    description:
      '`ApiKey:` and the part of the key that may be shown. Found by `node` with a key that has ADMIN.',
  },
  loadMany: async (ids, { caller, prisma }) => {
    // `node` needs no more than READ: with less than ADMIN there are no keys to find.
    const found = mayDo(caller, 'ADMIN') ? await findKeys(prisma, ids) : [];
    return ids.map((id) => found.find((key) => key.id === id) ?? null);
  },
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it was named, for logs.' }),
    scopes: t.expose('scopes', {
      type: [AccessScopeRef],
      description: 'What it may be used for.',
    }),
    account: t.expose('account', {
      type: AccountRef,
      nullable: true,
      description: 'The one account it sees; null for all of them.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'From when on it is not valid; null for never.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null while it is not.',
    }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute; null while it never was.',
    }),
  }),
});

const CreatedApiKeyRef = builder.objectRef<CreatedKey>('CreatedApiKey').implement({
  description: 'A new key.',
  fields: (t) => ({
    apiKey: t.expose('stored', {
      type: ApiKeyRef,
      description: 'What is known of it.',
    }),
    secret: t.exposeString('key', {
      description: 'The key itself, as it is to be sent. It is shown this once and stored nowhere.',
    }),
  }),
});

const CreateApiKeyInputRef = builder.inputType('CreateApiKeyInput', {
  description: 'A key to make.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'No other valid key has it; 255 characters at most.' }),
    scopes: t.field({
      type: [AccessScopeRef],
      required: true,
      description: 'What it may be used for. The first key of a server has to have ADMIN.',
    }),
    account: t.string({
      description:
        'Name of the one account it is to see, made if there is none; all of them when left out. A key with ADMIN has none.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'From when on it is not valid; never when left out.',
    }),
  }),
});

const RevokeApiKeyInputRef = defineIdInput('RevokeApiKeyInput', 'ApiKey', 'The key to revoke.');

builder.queryField('apiKeys', (t) =>
  t.field({
    type: [ApiKeyRef],
    extensions: { scope: 'ADMIN' },
    description: `The keys of this server, the newest first; ${MAX_KEYS} at most. That of LAPWING_API_KEY is not among them.`,
    args: {
      revoked: t.arg.boolean({
        defaultValue: false,
        description: 'Whether to give revoked and expired ones too.',
      }),
    },
    resolve: (_root, { revoked }, { prisma }) => listKeys(prisma, revoked === true),
  }),
);

builder.queryField('accounts', (t) =>
  t.field({
    type: [AccountRef],
    extensions: { scope: 'ADMIN' },
    description: 'The accounts of this server, by name; 1000 at most.',
    resolve: (_root, _args, { prisma }) =>
      prisma.account.findMany({ orderBy: { name: 'asc' }, take: MAX_KEYS }),
  }),
);

builder.mutationField('createApiKey', (t) =>
  t.field({
    type: CreatedApiKeyRef,
    extensions: { scope: 'ADMIN' },
    description:
      'Makes a key. Once there is one, everybody needs one: the first closes a server that was open.',
    errors: resultUnion([DuplicateNameError, QuotaExceededError], 'The key, or why it was not made.'),
    args: { input: t.arg({ type: CreateApiKeyInputRef, required: true, description: 'What it is to be.' }) },
    resolve: (_root, { input }, { keys }) =>
      keys.create({
        name: input.name,
        scopes: input.scopes,
        account: input.account ?? null,
        expiresAt: input.expiresAt ?? null,
      }),
  }),
);

builder.mutationField('revokeApiKey', (t) =>
  t.field({
    type: ApiKeyRef,
    extensions: { scope: 'ADMIN' },
    description:
      'Makes a key invalid for good; subscriptions it began end within a second. It may be repeated.',
    errors: resultUnion([NotFoundError], 'The key as it is now, or why it was not revoked.'),
    args: { input: t.arg({ type: RevokeApiKeyInputRef, required: true, description: 'Which key.' }) },
    resolve: (_root, { input }, { keys }) => keys.revoke(readIdOrBare('ApiKey', input.id, ['input', 'id'])),
  }),
);
