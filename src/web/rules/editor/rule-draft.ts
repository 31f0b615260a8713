/** A rule as it is typed: numbers are text until they are sent. */
import type { TagFilterDraft } from '../../add/tag-filters.tsx';
import type { AnomalyRateGroup, Direction, RuleRowFragment } from '../../generated/graphql.ts';
import { type ChannelDraft, draftChannel } from './channel-draft.ts';
import type { Window } from '../windows.ts';

/** What the server takes for what is left out, as its schema says. */
export const NEW_RULE = {
  name: '',
  enabled: true,
  namePattern: '',
  /** One a line. */
  servers: '',
  /** Empty for any. */
  autostackId: '',
  metricIds: [] as readonly string[],
  tags: [] as readonly TagFilterDraft[],
  sensitivity: '0.99999',
  direction: 'BOTH' as Direction,
  minDeviation: '0',
  minDeviationPercent: '0',
  confirmPoints: '1',
  confirmSeconds: '0',
  recoverySeconds: '600',
  quietSeconds: '3600',
  staleSeconds: '3600',
  learningGuard: true,
  notifyEnd: true,
  notifyNoData: false,
  noDataSeconds: '300',
  /** Whether many metrics that are anomalous at once are an incident; the next three say when. */
  notifyAnomalyRate: false,
  anomalyRatePercent: '30',
  anomalyRateMinMetrics: '3',
  anomalyRateSeconds: '300',
  anomalyRateGroup: 'RESOURCE' as AnomalyRateGroup,
  notifyAnomalies: true,
  /** Whether metrics unlike the others of their kind are an incident; the next three say when. */
  notifyOutliers: false,
  outlierSeconds: '3600',
  outlierTolerance: '3',
  outlierPercent: '50',
  channels: [] as readonly ChannelDraft[],
  windows: [] as readonly Window[],
  /** Empty for the default, as the texts below. */
  timeZone: '',
  subject: '',
  body: '',
  runbookUrl: '',
};

export type RuleDraft = Readonly<typeof NEW_RULE>;

export interface DraftPart {
  readonly draft: RuleDraft;
  readonly onChange: (part: Partial<RuleDraft>) => void;
}

/**
 * @returns what a field of the form needs of a member of the draft
 * @param at its path in the input, where it has another name there
 */
export function bindDraft({ draft, onChange }: DraftPart) {
  return <Name extends keyof RuleDraft>(name: Name, at: string = name) => ({
    at,
    value: draft[name],
    onChange: (value: RuleDraft[Name]) => onChange({ [name]: value }),
  });
}

export function draftRule({ scope, ...rule }: RuleRowFragment): RuleDraft {
  const { name, enabled, direction, learningGuard, notifyEnd, notifyNoData } = rule;
  const { anomalyRatePercent, anomalyRateGroup, notifyAnomalies, notifyOutliers } = rule;
  return {
    name,
    enabled,
    direction,
    learningGuard,
    notifyEnd,
    notifyNoData,
    noDataSeconds: String(rule.noDataSeconds),
    notifyAnomalyRate: anomalyRatePercent !== null,
    anomalyRatePercent: String(anomalyRatePercent ?? NEW_RULE.anomalyRatePercent),
    anomalyRateMinMetrics: String(rule.anomalyRateMinMetrics),
    anomalyRateSeconds: String(rule.anomalyRateSeconds),
    anomalyRateGroup,
    notifyAnomalies,
    notifyOutliers,
    outlierSeconds: String(rule.outlierSeconds),
    outlierTolerance: String(rule.outlierTolerance),
    outlierPercent: String(Number((rule.outlierMinShare * 100).toPrecision(12))),
    namePattern: scope.namePattern ?? '',
    servers: scope.servers?.join('\n') ?? '',
    autostackId: scope.autostackId ?? '',
    metricIds: scope.metricIds ?? [],
    tags: scope.tags?.map(({ key, values }) => ({ key, values: values.join(', ') })) ?? [],
    sensitivity: String(rule.sensitivity),
    minDeviation: String(rule.minDeviation),
    minDeviationPercent: String(Number((rule.minDeviationRatio * 100).toPrecision(12))),
    confirmPoints: String(rule.confirmPoints),
    confirmSeconds: String(rule.confirmSeconds),
    recoverySeconds: String(rule.recoverySeconds),
    quietSeconds: String(rule.quietSeconds),
    staleSeconds: String(rule.staleSeconds),
    channels: rule.channels.map(draftChannel),
    windows: rule.maintenanceWindows,
    timeZone: rule.timeZone ?? '',
    subject: rule.subject ?? '',
    body: rule.body ?? '',
    runbookUrl: rule.runbookUrl ?? '',
  };
}
