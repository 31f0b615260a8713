/** What can be said against an entry before a server is asked: the checks the server makes of the same input. */
import { readRuleChange } from '../../api/graphql/incidents/notification-rule-input.ts';
import { readModelParams, readPolicy } from '../../api/graphql/metrics/metric-input.ts';
import { readMatch, readPolicyChange } from '../../api/graphql/policies/monitoring-policy-input.ts';
import { checkRule } from '../../core/incidents/check-rule.ts';
import { checkPolicy } from '../../core/metrics/alert-policy.ts';
import { checkModelParams } from '../../core/metrics/model-params.ts';
import { checkTagFilters } from '../../core/metrics/tag-filter.ts';
import { checkName } from '../../core/monitoring/check-autostack.ts';
import { checkPolicyChange } from '../../core/monitoring/policies/check-policy.ts';
import { DEFAULT_ACCOUNT } from '../../model.ts';
import type { Section } from './file-format.ts';

type Value = Readonly<Record<string, unknown>>;

/**
 * @param value of the input type of its section: the reader of the file has seen to that
 * @throws InvalidInputError, NotSupportedError
 */
export function checkEntry(section: Section, value: Value): void {
  CHECKS[section](value);
}

const CHECKS: Readonly<Record<Section, (value: Value) => void>> = {
  autostacks: (value) => {
    const { name, filters } = value as {
      readonly name: string;
      readonly filters: Parameters<typeof checkTagFilters>[0];
    };
    checkName(name, ['input', 'name']);
    checkTagFilters(filters, ['input', 'filters']);
  },
  monitoringPolicies: (value) => {
    const { match, ...change }: Parameters<typeof readPolicyChange>[0] = value;
    const checked = { ...readPolicyChange(change), ...(match == null ? {} : { match: readMatch(match) }) };
    checkPolicyChange(checked, DEFAULT_ACCOUNT);
  },
  notificationRules: ({ scope, ...value }) => {
    const conditions = omit(scope ?? {}, 'autostack');
    checkRule(readRuleChange({ ...value, scope: conditions }));
  },
  metrics: (value) => {
    const { model, policy } = value as {
      readonly model?: Parameters<typeof readModelParams>[0];
      readonly policy?: Parameters<typeof readPolicy>[0];
    };
    if (model !== undefined) checkModelParams(readModelParams(model), ['input', 'model']);
    if (policy !== undefined) checkPolicy(readPolicy(policy));
  },
};

function omit(value: object, name: string): Value {
  return Object.fromEntries(Object.entries(value).filter(([field]) => field !== name));
}
