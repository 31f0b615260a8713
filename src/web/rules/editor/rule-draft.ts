/** A rule as it is typed: numbers are text until they are sent. */
import type { TagFilterDraft } from '../../add/tag-filters.tsx';
import type { AnomalyRateGroup, Direction, RuleRowFragment } from '../../generated/graphql.ts';
import { type ChannelDraft, draftChannel } from './channel-draft.ts';
import type { Window } from '../windows.ts';

export interface RuleDraft {
  readonly name: string;
  readonly enabled: boolean;
  readonly namePattern: string;
  /** One a line. */
  readonly servers: string;
  /** Empty for any. */
  readonly autostackId: string;
  readonly metricIds: readonly string[];
  readonly tags: readonly TagFilterDraft[];
  readonly sensitivity: string;
  readonly direction: Direction;
  readonly minDeviation: string;
  readonly minDeviationPercent: string;
  readonly confirmPoints: string;
  readonly confirmSeconds: string;
  readonly recoverySeconds: string;
  readonly quietSeconds: string;
  readonly staleSeconds: string;
  readonly learningGuard: boolean;
  readonly notifyEnd: boolean;
  readonly notifyNoData: boolean;
  readonly noDataSeconds: string;
  /** Whether many metrics that are anomalous at once are an incident; the next three say when. */
  readonly notifyAnomalyRate: boolean;
  readonly anomalyRatePercent: string;
  readonly anomalyRateMinMetrics: string;
  readonly anomalyRateSeconds: string;
  readonly anomalyRateGroup: AnomalyRateGroup;
  readonly notifyAnomalies: boolean;
  /** Whether metrics unlike the others of their kind are an incident; the next three say when. */
  readonly notifyOutliers: boolean;
  readonly outlierSeconds: string;
  readonly outlierTolerance: string;
  readonly outlierPercent: string;
  readonly channels: readonly ChannelDraft[];
  readonly windows: readonly Window[];
  /** Empty for the default, as the texts below. */
  readonly timeZone: string;
  readonly subject: string;
  readonly body: string;
  readonly runbookUrl: string;
}

export interface DraftPart {
  readonly draft: RuleDraft;
  readonly onChange: (part: Partial<RuleDraft>) => void;
}

/** What the server takes for what is left out, as its schema says. */
export const NEW_RULE: RuleDraft = {
  name: '',
  enabled: true,
  namePattern: '',
  servers: '',
  autostackId: '',
  metricIds: [],
  tags: [],
  sensitivity: '0.99999',
  direction: 'BOTH',
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
  notifyAnomalyRate: false,
  anomalyRatePercent: '30',
  anomalyRateMinMetrics: '3',
  anomalyRateSeconds: '300',
  anomalyRateGroup: 'RESOURCE',
  notifyAnomalies: true,
  notifyOutliers: false,
  outlierSeconds: '3600',
  outlierTolerance: '3',
  outlierPercent: '50',
  channels: [],
  windows: [],
  timeZone: '',
  subject: '',
  body: '',
  runbookUrl: '',
};

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
