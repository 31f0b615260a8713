import { useCallback, useEffect, useMemo, useState } from 'react';
import { useApi } from '../api/api.ts';
import { useStore } from '../api/store.ts';
import { useEvery } from '../api/use-every.ts';
import { ConnectionMark } from '../connection-mark.tsx';
import { formatTime } from '../parts/format-time.ts';
import { useZone } from '../parts/preferences.ts';
import { useUrlState } from '../parts/url-state.ts';
import { listRows, type WallRow, type WallView } from '../wall/wall-rows.ts';
import { useStarts } from '../wall/use-starts.ts';
import { useView } from '../wall/use-view.ts';
import { useWall } from '../wall/use-wall.ts';
import type { Wall } from '../wall/wall-state.ts';
import { ScreenRows } from './screen-rows.tsx';
import { ScreenTrouble } from './screen-trouble.tsx';
import { useIdle } from './use-idle.ts';
import { useNewVersion } from './use-new-version.ts';
import { useWakeLock } from './use-wake-lock.ts';
import '../style/bars.css';
import '../style/wall.css';
import '../style/screen.css';
import { OpenIncident } from '../incidents/open-incidents.tsx';
import { type IncidentGroup, groupIncidents } from '../incidents/group-incidents.ts';
import { describeError, useAsk } from '../api/ask.ts';
import { useAskedAgain } from '../api/follow.ts';
import { IncidentChangesDocument, type IncidentFilter, IncidentsDocument } from '../generated/graphql.ts';
import { serverClock } from '../api/server-clock.ts';

/** Of the clock, and of how long incidents last. */
const CLOCK_MS = 5_000;
const NO_ROWS: readonly WallRow[] = [];

/** The overview for a screen that nobody touches: what is wrong, as large as it fits, and whether it is live. */
export function WallScreen() {
  const view = useView();
  const { wall, problem } = useWall(view.window);
  const starts = useStarts(view.window);
  const open = useOpenGroups();
  const zone = useZone();
  const nowMs = useClock();
  const leave = useLeave();
  const isIdle = useIdle();
  useNewVersion();
  useWakeLock();
  const rows = useMemo(() => (wall === undefined ? NO_ROWS : rank(wall, view, starts)), [wall, view, starts]);
  const trouble = problem ?? open.problem;
  const isLive = useIsLive() && trouble === null;
  return (
    <main className="screen" data-live={isLive} data-idle={isIdle}>
      <header>
        <h1>{open.groups === undefined ? 'Anomalies' : describeOpen(open.groups.length, open.hasMore)}</h1>
        <span className="quiet">{formatTime(nowMs, zone)}</span>
        {trouble === null ? <ConnectionMark /> : null}
        <button className="leave" onClick={leave} title="Escape does the same">
          Leave the wall screen
        </button>
      </header>
      <ScreenTrouble problem={trouble} />
      <ScreenIncidents groups={open.groups ?? []} />
      {wall === undefined || rows.length > 0 ? null : (
        <p className="quiet">
          {wall.metrics.size === 0 ? 'No metrics yet.' : 'No metric matches the filters of this screen.'}
        </p>
      )}
      <ScreenRows rows={rows} starts={starts} />
    </main>
  );
}

/** The most anomalous first, all closed: nobody is there to open one. */
function rank(wall: Wall, view: WallView, starts: readonly number[]): readonly WallRow[] {
  return listRows(wall, { ...view, order: 'ANOMALY', turned: new Set() }, starts);
}

function describeOpen(count: number, hasMore: boolean): string {
  if (count === 0) return 'No open incidents';
  return `${count}${hasMore ? '+' : ''} open ${count === 1 ? 'incident' : 'incidents'}`;
}

function useIsLive(): boolean {
  const { socket, key } = useApi();
  const connection = useStore(socket.connection);
  const isKeyWanted = useStore(key.wanted);
  return connection === 'live' && !isKeyWanted;
}

function useClock(): number {
  const [nowMs, setNowMs] = useState(() => serverClock.now());
  useEvery(
    CLOCK_MS,
    useCallback(() => setNowMs(serverClock.now()), []),
  );
  return nowMs;
}

/** The way back to the overview with all that was chosen in it; Escape is one too. */
function useLeave(): () => void {
  const [, setWall] = useUrlState('wall');
  const leave = useCallback(() => setWall(''), [setWall]);
  useEffect(() => {
    const press = ({ key }: KeyboardEvent) => {
      if (key === 'Escape' && document.querySelector('dialog[open]') === null) leave();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [leave]);
  return leave;
}

/** More would leave no room for the rows; how many there are is the title of the screen. */
const MAX_SHOWN = 6;

/** Firing ones before those that recover. */
function ScreenIncidents({ groups }: { readonly groups: readonly IncidentGroup[] }) {
  if (groups.length === 0) return null;
  const isFiring = ({ shown }: IncidentGroup) => (shown.state === 'FIRING' ? 0 : 1);
  const sorted = groups.toSorted((a, b) => isFiring(a) - isFiring(b));
  return (
    <section className="screen-incidents" aria-label="Open incidents">
      <ul>
        {sorted.slice(0, MAX_SHOWN).map(({ shown }) => (
          <OpenIncident key={shown.id} incident={shown} />
        ))}
      </ul>
      {sorted.length > MAX_SHOWN ? <p className="quiet">and {sorted.length - MAX_SHOWN} more</p> : null}
    </section>
  );
}

const OPEN: IncidentFilter = { states: ['FIRING', 'RECOVERING'] };
/** Nobody presses "Try again" on a wall. */
const READ_AGAIN_MS = 15_000;

interface OpenGroups {
  /** Undefined until they were read for the first time. */
  readonly groups: readonly IncidentGroup[] | undefined;
  readonly hasMore: boolean;
  /** Why they could not be read, or read again. */
  readonly problem: string | null;
}

function useOpenGroups(): OpenGroups {
  const { data, error, askAgain } = useAsk(IncidentsDocument, { filter: OPEN, after: null });
  const [last, setLast] = useState(data);
  useEffect(() => {
    if (data !== undefined) setLast(data);
  }, [data]);
  useAskedAgain(IncidentChangesDocument, {}, askAgain);
  useEvery(READ_AGAIN_MS, askAgain);
  const shown = data ?? last;
  return {
    groups: shown === undefined ? undefined : groupIncidents(shown.incidents.nodes),
    hasMore: shown?.incidents.pageInfo.hasNextPage ?? false,
    problem: error === undefined ? null : describeError(error),
  };
}
