/** Mutations of rules: make, change, delete, test. */
import { DuplicateNameError, NotFoundError, NotSupportedError, QuotaExceededError } from '../../../errors.ts';
import type { ChannelTest } from '../../../core/incidents/delivery/test-channels.ts';
import { builder } from '../builder/builder.ts';
import { defineIdInput, resultUnion } from '../builder/field-options.ts';
import { readIdOf } from '../builder/node-id.ts';
import { ChannelInputRef, readChannel } from './channel-input.ts';
import { CreateRuleInputRef, readRuleChange, UpdateRuleInputRef } from './notification-rule-input.ts';
import { NotificationChannelRef, NotificationRuleRef } from './notification-rule.ts';

const readRuleId = (id: string) => readIdOf('NotificationRule', id, ['input', 'id']);

const DeleteRuleInputRef = defineIdInput(
  'DeleteNotificationRuleInput',
  'NotificationRule',
  'The rule to delete.',
);
const TestRuleInputRef = defineIdInput('TestNotificationRuleInput', 'NotificationRule', 'The rule to test.');

const ChannelTestRef = builder.objectRef<ChannelTest>('ChannelTest').implement({
  description: 'How the test of a channel went.',
  fields: (t) => ({
    channel: t.expose('channel', {
      type: NotificationChannelRef,
      description: 'Which channel.',
    }),
    delivered: t.boolean({
      description: 'Whether it took the message.',
      resolve: ({ problem }) => problem === null,
    }),
    problem: t.exposeString('problem', {
      nullable: true,
      description: 'What went wrong; null when it took it.',
    }),
  }),
});

const RuleTestRef = builder.objectRef<readonly ChannelTest[]>('NotificationRuleTest').implement({
  description: 'How the test of a rule went.',
  fields: (t) => ({
    results: t.field({
      type: [ChannelTestRef],
      description: 'One for each channel, in their order.',
      resolve: (results) => results,
    }),
  }),
});

builder.queryField('matchNotificationChannels', (t) =>
  t.field({
    type: [NotificationChannelRef],
    nullable: { list: false, items: true },
    description:
      'For each of these channels the one of the rule that is exactly like it, secrets included; null where none is. Says whether a secret changed, without one being read; needs the scope WRITE.',
    // With READ alone one could try out secrets.
    extensions: { scope: 'WRITE' },
    args: {
      ruleId: t.arg.id({ required: true, description: 'As read from `NotificationRule.id`.' }),
      channels: t.arg({
        type: [ChannelInputRef],
        required: true,
        description: 'What to compare with; 10 at most.',
      }),
    },
    resolve: async (_root, { ruleId, channels }, { incidents }) => [
      ...(await incidents.rules.matchChannels(
        readIdOf('NotificationRule', ruleId, ['ruleId']),
        channels.map(readChannel),
      )),
    ],
  }),
);

builder.mutationField('createNotificationRule', (t) =>
  t.prismaField({
    type: NotificationRuleRef,
    description: 'Makes a rule. It looks at what is scored from now on.',
    errors: resultUnion(
      [NotFoundError, NotSupportedError, DuplicateNameError, QuotaExceededError],
      'The rule, or why it was not made.',
    ),
    args: { input: t.arg({ type: CreateRuleInputRef, required: true, description: 'What to make.' }) },
    resolve: async (query, _root, { input }, { incidents, prisma }) => {
      const id = await incidents.rules.createRule({ ...readRuleChange(input), name: input.name });
      return prisma.notificationRule.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);

builder.mutationField('updateNotificationRule', (t) =>
  t.prismaField({
    type: NotificationRuleRef,
    description: 'Changes a rule. Incidents it does not ask for any more end within a minute.',
    errors: resultUnion(
      [NotFoundError, NotSupportedError, DuplicateNameError],
      'The rule as it is now, or why it did not change.',
    ),
    args: { input: t.arg({ type: UpdateRuleInputRef, required: true, description: 'What to change.' }) },
    resolve: async (query, _root, { input: { id: given, ...change } }, { incidents, prisma }) => {
      const id = readRuleId(given);
      await incidents.rules.updateRule(id, readRuleChange(change));
      return prisma.notificationRule.findUniqueOrThrow({ ...query, where: { id } });
    },
  }),
);

builder.mutationField('deleteNotificationRule', (t) =>
  t.prismaField({
    type: NotificationRuleRef,
    description:
      'Deletes a rule with its channels; gives it as it was. Its open incidents end now: channels that were notified of their start are notified of that, and are gone then.',
    errors: resultUnion([NotFoundError], 'The rule as it was, or why it is still there.'),
    args: { input: t.arg({ type: DeleteRuleInputRef, required: true, description: 'Which rule.' }) },
    resolve: async (query, _root, { input }, { incidents, prisma }) => {
      const id = readRuleId(input.id);
      const rule = await prisma.notificationRule.findUnique({ ...query, where: { id } });
      if (rule === null) throw new NotFoundError(`input.id: no notification rule has the id ${input.id}`);
      await incidents.rules.deleteRule(id);
      return rule;
    },
  }),
);

builder.mutationField('testNotificationRule', (t) =>
  t.field({
    type: RuleTestRef,
    description: 'Sends a message marked as a test by every channel of a rule, and says how that went.',
    errors: resultUnion([NotFoundError], 'How it went, or why it was not tried.'),
    args: { input: t.arg({ type: TestRuleInputRef, required: true, description: 'Which rule.' }) },
    resolve: (_root, { input }, { incidents }) => incidents.rules.testRule(readRuleId(input.id)),
  }),
);
