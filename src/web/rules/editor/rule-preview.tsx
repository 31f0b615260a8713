import { useEffect, useMemo, useState } from 'react';
import { Link } from 'wouter';
import { describeError, useAsk } from '../../api/ask.ts';
import {
  type PreviewNotificationRuleInput,
  PreviewRuleDocument,
  type PreviewRuleQuery,
} from '../../generated/graphql.ts';
import { linkToChart } from '../../metric/link-to-chart.ts';
import { TimeText } from '../../parts/time-text.tsx';
import { readTrial } from './read-draft.ts';
import type { RuleDraft } from './rule-draft.ts';

type Preview = Extract<
  NonNullable<PreviewRuleQuery['previewNotificationRule']>,
  { __typename: 'NotificationRulePreview' }
>;

const TYPING_MS = 400;
/** So many of the newest are named. */
const MAX_NAMED = 3;

/** What the rule would have done in the last week, as it is typed. */
export function RulePreview({ draft }: { readonly draft: RuleDraft }) {
  const input = useSettledInput(draft);
  const { data, error, isAsking } = useAsk(PreviewRuleDocument, { input });
  const preview = data?.previewNotificationRule;
  return (
    <section className="card stack rule-preview" aria-label="Preview" aria-busy={isAsking}>
      <p role="status">
        {error !== undefined
          ? describeError(error)
          : preview == null
            ? 'Trying the rule on the last week …'
            : preview.__typename === 'NotificationRulePreview'
              ? describePreview(preview)
              : preview.failure}
      </p>
      {preview?.__typename === 'NotificationRulePreview' ? <Newest preview={preview} /> : null}
    </section>
  );
}

function Newest({ preview }: { readonly preview: Preview }) {
  const named = preview.newest.slice(0, MAX_NAMED);
  if (named.length === 0) return null;
  return (
    <ul aria-label="What it would have notified of">
      {named.map(({ metric, startedAt, notifiedAt }) =>
        metric === null ? null : (
          <li key={`${metric.id} ${startedAt}`}>
            <TimeText time={notifiedAt} />{' '}
            <Link href={linkToChart(metric.id, { startedAt, endedAt: notifiedAt, at: startedAt })}>
              {metric.name}
            </Link>{' '}
            <span className="quiet">{metric.server === metric.name ? '' : metric.server}</span>
          </li>
        ),
      )}
    </ul>
  );
}

function describePreview(preview: Preview): string {
  const { days, metricCount, incidentCount, notificationCount, isComplete } = preview;
  const metrics = `${metricCount.toLocaleString('en')} monitored ${metricCount === 1 ? 'metric' : 'metrics'}`;
  if (metricCount === 0) return 'No monitored metric matches the scope.';
  const times = notificationCount === 1 ? '1 time' : `${notificationCount.toLocaleString('en')} times`;
  const incidents = `${incidentCount.toLocaleString('en')} ${incidentCount === 1 ? 'incident' : 'incidents'}`;
  const least = isComplete ? '' : 'at least ';
  return `Would have notified ${least}${times} in the last ${days} days (${incidents}, ${metrics}).`;
}

/** Follows the draft once nobody types. */
function useSettledInput(draft: RuleDraft): PreviewNotificationRuleInput {
  // What makes no difference to when it notifies asks nothing anew.
  const text = JSON.stringify(readTrial(draft));
  const wanted = useMemo(() => readTrial(draft), [text]);
  const [settled, setSettled] = useState(wanted);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(wanted), TYPING_MS);
    return () => clearTimeout(timer);
  }, [wanted]);
  return settled;
}
