/** The annotations of a widget: lines, shades, and the threshold of an alarm. */
import type { HorizontalMark, VerticalMark } from '../../../platform/chart/chart.ts';
import { readSpec } from '../alarms/show-alarm.ts';
import { readAlarmName } from '../model/arn.ts';
import type { OperationContext } from '../model/operation.ts';
import type { AlarmSpec } from '../alarms/shapes.ts';
import { readTime } from './widget-range.ts';
import { refuse, type Horizontal, type Vertical, type Widget } from './widget-shape.ts';

const HORIZONTAL_COLOR = '#d62728';
const VERTICAL_COLOR = '#9467bd';

/** Those that are visible. */
export function readHorizontals({ annotations }: Widget): readonly HorizontalMark[] {
  return (annotations?.horizontal ?? []).flatMap((given) => {
    const [one, other] = Array.isArray(given) ? given : [given, null];
    return one.visible === false ? [] : [markHorizontal(one, other)];
  });
}

function markHorizontal(one: Horizontal, other: Horizontal | null): HorizontalMark {
  return {
    value: one.value,
    until: other?.value ?? null,
    label: one.label ?? '',
    color: one.color ?? HORIZONTAL_COLOR,
    fill: one.fill ?? 'none',
    axis: one.yAxis ?? 'left',
  };
}

/** @throws CloudwatchError for a value that is no time */
export function readVerticals({ annotations }: Widget, nowMs: number): readonly VerticalMark[] {
  const read = ({ value }: Vertical) => readTime(value, 'annotations/vertical', nowMs);
  return (annotations?.vertical ?? []).flatMap((given) => {
    const [one, other] = Array.isArray(given) ? given : [given, null];
    if (one.visible === false) return [];
    return [
      {
        timeMs: read(one),
        untilMs: other === null ? null : read(other),
        label: one.label ?? '',
        color: one.color ?? VERTICAL_COLOR,
        fill: one.fill ?? 'none',
      },
    ];
  });
}

export interface WidgetAlarm {
  readonly spec: AlarmSpec;
  /** What it is evaluated by; one on queries has no Period of its own. */
  readonly periodSeconds: number | null;
}

/** @throws CloudwatchError for an alarm that is not there, or a composite one, which has no metric */
export async function findAlarm(
  { annotations }: Widget,
  { prisma, accountId }: OperationContext,
): Promise<WidgetAlarm | null> {
  const [arn] = annotations?.alarms ?? [];
  if (arn === undefined) return null;
  const name = readAlarmName(arn);
  const found = await prisma.cloudwatchAlarm.findUnique({ where: { accountId_name: { accountId, name } } });
  if (found?.type === 'MetricAlarm') return { spec: readSpec(found), periodSeconds: found.periodSeconds };
  throw refuse(
    `The metric widget is invalid: /annotations/alarms/0 should be the ARN of a metric alarm, not ${JSON.stringify(arn.slice(0, 200))}`,
  );
}

const OPERATORS: Readonly<Record<string, string>> = {
  GreaterThanOrEqualToThreshold: '>=',
  GreaterThanThreshold: '>',
  LessThanThreshold: '<',
  LessThanOrEqualToThreshold: '<=',
};

/** The line of an alarm's threshold; alarms on bands have none. */
export function markThreshold({ spec, periodSeconds }: WidgetAlarm): readonly HorizontalMark[] {
  const operator = OPERATORS[spec.ComparisonOperator ?? ''];
  if (spec.Threshold === undefined || operator === undefined) return [];
  const periods = spec.EvaluationPeriods ?? 1;
  const needed = spec.DatapointsToAlarm ?? periods;
  const minutes = (periods * (periodSeconds ?? 60)) / 60;
  const label = `${spec.MetricName ?? spec.AlarmName ?? ''} ${operator} ${spec.Threshold} for ${needed} of ${periods} datapoints within ${Number(minutes.toFixed(1))} minutes`;
  return [{ value: spec.Threshold, until: null, label, color: HORIZONTAL_COLOR, fill: 'none', axis: 'left' }];
}
