/** The wall, read once and then kept up to date by the live scores; read anew whenever that cannot go on. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useApi } from '../api/api.ts';
import { useStore } from '../api/store.ts';
import { useAskOnce } from '../api/ask.ts';
import { useFollow } from '../api/follow.ts';
import { followScores, type ScoreFeed } from '../api/score-feed.ts';
import { WallDocument, WallStatusDocument } from '../generated/graphql.ts';
import type { WindowName } from './bars.ts';
import { readWall } from './read-wall.ts';
import { PlannedRead } from './planned-read.ts';
import { applyScores, type Wall } from './wall-state.ts';

/** Even a wall that seems whole is compared with the server now and then. */
const READ_AGAIN_MS = 5 * 60_000;
/** Many changes at once are one reason to read. */
const SETTLE_MS = 500;
const RETRY_MS = 3000;
/** Rows that are read first, which are more than a screen shows, and all that the wall holds. */
const FIRST_ROWS = 100;
const MAX_ROWS = 3000;
/** Events are gathered this long: the eye sees no more. */
const LINGER_MS = 500;

export interface WallState {
  /** Undefined until the first answer. */
  readonly wall: Wall | undefined;
  /** Why it could not be read, or read again. */
  readonly problem: string | null;
  readonly readAgain: () => void;
}

export function useWall(window: WindowName): WallState {
  const client = useStore(useApi().socket.client);
  const ask = useAskOnce(WallDocument);
  const [wall, setWall] = useState<Wall>();
  const [problem, setProblem] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  const readWindow = useRef<WindowName>(undefined);
  const [reads] = useState(() => new PlannedRead(() => setTurn((old) => old + 1)));
  const readAgain = useCallback((inMs = 0) => reads.plan(inMs), [reads]);

  useEffect(() => {
    let feed: ScoreFeed | null = null;
    let isOver = false;
    let shown: Wall | null = null;
    const follow = (after: string) => {
      feed = followScores(client, {
        after,
        lingerMs: LINGER_MS,
        onScores: (scores) => {
          if (shown === null) return;
          const next = applyScores(shown, scores);
          if (next === null) readAgain(SETTLE_MS);
          else setWall((shown = next));
        },
        onLost: () => readAgain(SETTLE_MS),
      });
    };
    const read = async (first: number) => {
      const outcome = await ask({ window, first });
      if (isOver) return;
      if ('problem' in outcome) {
        setProblem(outcome.problem);
        readAgain(RETRY_MS);
        return;
      }
      setProblem(null);
      const { rows, totalCount, cursor } = outcome.data.wall;
      shown = readWall(outcome.data.wall, window);
      setWall(shown);
      // The rest of a large wall takes seconds: the most anomalous rows are seen before it comes.
      if (first < MAX_ROWS && rows.length < totalCount) await read(MAX_ROWS);
      else follow(cursor);
    };
    // Read anew, a wall that is shown would shrink and grow again.
    void reads.during(read(readWindow.current === window ? MAX_ROWS : FIRST_ROWS));
    readWindow.current = window;
    const again = setInterval(() => readAgain(), READ_AGAIN_MS);
    return () => {
      isOver = true;
      clearInterval(again);
      feed?.stop();
    };
  }, [client, ask, window, turn, reads, readAgain]);
  useEffect(() => () => reads.cancel(), [reads]);
  useFollow(WallStatusDocument, {}, () => readAgain(SETTLE_MS));
  return { wall: wall?.window === window ? wall : undefined, problem, readAgain: () => readAgain() };
}
