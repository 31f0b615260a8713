import { useState } from 'react';
import type { Direction } from '../../generated/graphql.ts';
import { ChoiceField, NumberField, TickField } from '../../parts/form-field.tsx';
import { describeRarity } from '../../parts/format-number.ts';
import { describeSeconds, formatSpan } from '../../parts/format-time.ts';
import { bindDraft, type DraftPart } from './rule-draft.ts';

const SCORES = [
  ['0.999', '1 in 1,000'],
  ['0.9999', '1 in 10,000 (warning)'],
  ['0.99999', '1 in 100,000 (critical)'],
  ['0.999999', '1 in 1,000,000'],
  ['OTHER', 'another score'],
] as const;
type Score = (typeof SCORES)[number][0];

const DIRECTIONS = [
  ['BOTH', 'both directions'],
  ['ABOVE', 'only above'],
  ['BELOW', 'only below'],
] as const satisfies readonly (readonly [Direction, string])[];

/** From which severity on. */
export function SeverityFields(part: DraftPart) {
  const { draft, onChange } = part;
  const bind = bindDraft(part);
  const listed = SCORES.find(([score]) => score === draft.sensitivity)?.[0] ?? 'OTHER';
  const [isOther, setOther] = useState(listed === 'OTHER');
  const choose = (score: Score) => {
    setOther(score === 'OTHER');
    if (score !== 'OTHER') onChange({ sensitivity: score });
  };
  return (
    <>
      <ChoiceField
        at={isOther ? '' : 'sensitivity'}
        label="Severity threshold"
        choices={SCORES}
        value={isOther ? 'OTHER' : listed}
        onChange={choose}
      />
      {isOther ? (
        <NumberField
          {...bind('sensitivity')}
          label="Least anomaly score"
          hint={describeRarity(Number(draft.sensitivity), Number.POSITIVE_INFINITY)}
        />
      ) : null}
    </>
  );
}

/** What else a rule asks of an anomaly, and how long it has to last. */
export function ConditionFields(part: DraftPart) {
  const { draft } = part;
  const bind = bindDraft(part);
  return (
    <>
      <div className="fields">
        <ChoiceField {...bind('direction')} label="Direction" choices={DIRECTIONS} />
        <NumberField
          {...bind('minDeviation')}
          label="Minimum deviation (absolute)"
          hint="in the unit of the metric"
        />
        <NumberField
          {...bind('minDeviationPercent', 'minDeviationRatio')}
          label="Minimum deviation (%)"
          hint="of the expected value"
        />
        <NumberField {...bind('confirmPoints')} label="Consecutive anomalous points" isWhole />
        <NumberField
          {...bind('confirmSeconds')}
          label="Minimum duration (s)"
          isWhole
          hint={describeSeconds(draft.confirmSeconds)}
        />
      </div>
      <TickField {...bind('learningGuard')} label="Ignore metrics that are still learning" />
    </>
  );
}

/** What differs from the least a rule can ask. */
export function describeCondition(draft: DraftPart['draft']): string {
  const { direction, minDeviation, minDeviationPercent, confirmPoints, confirmSeconds, learningGuard } =
    draft;
  const parts = [
    direction === 'BOTH' ? null : direction === 'ABOVE' ? 'only above' : 'only below',
    Number(minDeviation) > 0 ? `off by ${minDeviation}` : null,
    Number(minDeviationPercent) > 0 ? `off by ${minDeviationPercent} %` : null,
    Number(confirmPoints) > 1 ? `for ${confirmPoints} points` : null,
    Number(confirmSeconds) > 0 ? `for ${formatSpan(Number(confirmSeconds) * 1000)}` : null,
    learningGuard ? null : 'learning metrics too',
  ].filter((part) => part !== null);
  return parts.length === 0 ? 'any anomaly of this severity' : parts.join(', ');
}
