/** The open incidents of a screen: what was read last stays, and why it could not be read again is said beside it. */
import { useEffect, useState } from 'react';
import { describeError, useAsk } from '../api/ask.ts';
import { useFollow } from '../api/follow.ts';
import { useEvery } from '../api/use-every.ts';
import { useSettled } from '../api/use-settled.ts';
import { IncidentChangesDocument, type IncidentFilter, IncidentsDocument } from '../generated/graphql.ts';
import { groupIncidents, type IncidentGroup } from '../incidents/group-incidents.ts';

const OPEN: IncidentFilter = { states: ['FIRING', 'RECOVERING'] };
/** Incidents come in crowds: they are read once a crowd has passed. */
const SETTLE_MS = 1000;
/** Nobody presses "Try again" on a wall. */
const READ_AGAIN_MS = 15_000;

export interface OpenGroups {
  /** Undefined until they were read for the first time. */
  readonly groups: readonly IncidentGroup[] | undefined;
  readonly hasMore: boolean;
  /** Why they could not be read, or read again. */
  readonly problem: string | null;
}

export function useOpenGroups(): OpenGroups {
  const { data, error, askAgain } = useAsk(IncidentsDocument, { filter: OPEN, after: null });
  const [last, setLast] = useState(data);
  useEffect(() => {
    if (data !== undefined) setLast(data);
  }, [data]);
  useFollow(IncidentChangesDocument, {}, useSettled(askAgain, SETTLE_MS));
  useEvery(READ_AGAIN_MS, askAgain);
  const shown = data ?? last;
  return {
    groups: shown === undefined ? undefined : groupIncidents(shown.incidents.nodes),
    hasMore: shown?.incidents.pageInfo.hasNextPage ?? false,
    problem: error === undefined ? null : describeError(error),
  };
}
