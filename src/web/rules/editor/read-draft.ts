/** What of a draft is sent: the input of making and of changing a rule but for its id. */
import { readFilters } from '../../add/tag-filters.tsx';
import type {
  CreateNotificationRuleInput,
  NotificationScopeInput,
  PreviewNotificationRuleInput,
} from '../../generated/graphql.ts';
import { readChannel } from './channel-draft.ts';
import type { RuleDraft } from './rule-draft.ts';
import { writeWindow } from '../windows.ts';

export function readDraft(draft: RuleDraft): CreateNotificationRuleInput {
  const { enabled, notifyEnd, notifyNoData, notifyOutliers, anomalyRateGroup } = draft;
  return {
    ...readTrial(draft),
    name: draft.name.trim(),
    enabled,
    notifyEnd,
    notifyNoData,
    noDataSeconds: Number(draft.noDataSeconds),
    anomalyRatePercent: draft.notifyAnomalyRate ? Number(draft.anomalyRatePercent) : null,
    anomalyRateMinMetrics: Number(draft.anomalyRateMinMetrics),
    anomalyRateSeconds: Number(draft.anomalyRateSeconds),
    anomalyRateGroup,
    notifyOutliers,
    outlierSeconds: Number(draft.outlierSeconds),
    outlierTolerance: Number(draft.outlierTolerance),
    outlierMinShare: Number(draft.outlierPercent) / 100,
    staleSeconds: Number(draft.staleSeconds),
    channels: draft.channels.map(readChannel),
    timeZone: orNull(draft.timeZone.trim()),
    subject: orNull(draft.subject),
    body: orNull(draft.body),
    runbookUrl: orNull(draft.runbookUrl.trim()),
  };
}

/** What of a draft decides when it notifies. */
export function readTrial(draft: RuleDraft): PreviewNotificationRuleInput {
  const { direction, learningGuard, minDeviationPercent, notifyAnomalies } = draft;
  return {
    direction,
    learningGuard,
    notifyAnomalies,
    scope: readScope(draft),
    sensitivity: Number(draft.sensitivity),
    minDeviation: Number(draft.minDeviation),
    minDeviationRatio: Number(minDeviationPercent) / 100,
    confirmPoints: Number(draft.confirmPoints),
    confirmSeconds: Number(draft.confirmSeconds),
    recoverySeconds: Number(draft.recoverySeconds),
    quietSeconds: Number(draft.quietSeconds),
    maintenanceWindows: draft.windows.map(writeWindow),
  };
}

/** What is empty asks for nothing. */
export function readScope({
  namePattern,
  servers,
  autostackId,
  metricIds,
  tags,
}: RuleDraft): NotificationScopeInput {
  const pattern = namePattern.trim();
  const names = readLines(servers);
  const filters = readFilters(tags);
  return {
    ...(pattern === '' ? {} : { namePattern: pattern }),
    ...(names.length === 0 ? {} : { servers: names }),
    ...(autostackId === '' ? {} : { autostackId }),
    ...(metricIds.length === 0 ? {} : { metricIds: [...metricIds] }),
    ...(filters.length === 0 ? {} : { tags: filters }),
  };
}

function readLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function orNull(text: string): string | null {
  return text === '' ? null : text;
}
