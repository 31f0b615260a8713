/** What monitoring policies are made and changed by. Which values make sense is checked where they are kept. */
import type { PolicyChange } from '../../../core/monitoring/policies/check-policy.ts';
import type { PolicyMatch } from '../../../core/monitoring/policies/policy.ts';
import { builder } from '../builder/builder.ts';
import { DatasourceRef } from '../builder/enums.ts';
import { TagFilterInputRef } from '../inventory/tag-filter.ts';
import {
  AlertPolicyInputRef,
  ModelParamsInputRef,
  readModelParams,
  readPolicy,
} from '../metrics/metric-input.ts';

export const MonitoringMatchInputRef = builder.inputType('MonitoringMatchInput', {
  description: 'Which metrics; all conditions that are given have to hold, and a pattern or tags are needed.',
  fields: (t) => ({
    namePattern: t.string({
      description:
        'Pattern of whole names: `*` stands for any run of characters, `?` for one; a backslash before one of them takes it as it is.',
    }),
    tags: t.field({ type: [TagFilterInputRef], description: 'Conditions on `Metric.tags`.' }),
    sources: t.field({
      type: [DatasourceRef],
      description:
        'CUSTOM: names that begin to be pushed, whichever way they come; that alone when left out. CLOUDWATCH: the default metrics of resources of AWS, as they are listed.',
    }),
  }),
});

const MODEL =
  'What is known of the values of its metrics. Without min and max they are scored from their first point all the same.';
const APPLY = 'Whether metrics that are known already, match and are not monitored are monitored, too.';

export const CreateMonitoringPolicyInputRef = builder.inputType('CreateMonitoringPolicyInput', {
  description: 'A monitoring policy to make.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'One of a kind, 1 to 255 characters.' }),
    enabled: t.boolean({ description: 'Whether it begins anything; true when left out.' }),
    match: t.field({ type: MonitoringMatchInputRef, required: true, description: 'Which metrics.' }),
    model: t.field({ type: ModelParamsInputRef, description: MODEL }),
    policy: t.field({ type: AlertPolicyInputRef, description: 'Which deviations of its metrics matter.' }),
    applyToExisting: t.boolean({ description: `${APPLY} False when left out.` }),
  }),
});

export const UpdateMonitoringPolicyInputRef = builder.inputType('UpdateMonitoringPolicyInput', {
  description: 'What to change of a monitoring policy; what is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'As read from `MonitoringPolicy.id`.' }),
    name: t.string({ description: 'One of a kind, 1 to 255 characters.' }),
    enabled: t.boolean({ description: 'Whether it begins anything.' }),
    match: t.field({ type: MonitoringMatchInputRef, description: 'Which metrics: all of it anew.' }),
    model: t.field({ type: ModelParamsInputRef, description: `${MODEL} All of it anew.` }),
    policy: t.field({ type: AlertPolicyInputRef, description: 'Which deviations of its metrics matter.' }),
    applyToExisting: t.boolean({ description: `${APPLY} False when left out.` }),
  }),
});

export function readMatch(input: typeof MonitoringMatchInputRef.$inferInput): PolicyMatch {
  const { namePattern = null, tags, sources } = input;
  return { namePattern, tags: tags ?? [], sources: sources ?? ['CUSTOM'] };
}

type Change = Omit<typeof UpdateMonitoringPolicyInputRef.$inferInput, 'id' | 'applyToExisting'>;

export function readPolicyChange({ name, enabled, match, model, policy }: Change): PolicyChange {
  return {
    ...(name == null ? {} : { name }),
    ...(enabled == null ? {} : { enabled }),
    ...(match == null ? {} : { match: readMatch(match) }),
    ...(model == null ? {} : { model: readModelParams(model) }),
    ...(policy == null ? {} : { alertPolicy: readPolicy(policy) }),
  };
}
