/**
 * What a panel shows: the series first, then every score as it is made. After a break it goes on where it was, so that
 * nothing is missing; while it is not live, it says so.
 */
import { createStore, type Store } from '../api/store.ts';
import type { PanelQuery, PanelScoresSubscription } from '../generated/graphql.ts';
import { appendScores, type Columns, readColumns } from '../metric/chart/columns.ts';
import { readEvents } from './read-events.ts';
import { fetchTimed, serverClock } from '../api/server-clock.ts';

export type PanelMetric = Omit<NonNullable<PanelQuery['metric']>, 'series'>;
type PanelPoint = NonNullable<PanelMetric['latest']>;

export type PanelState =
  | { readonly kind: 'loading'; readonly problem: string | null }
  /** Since when it is not live; null while it is. */
  | { readonly kind: 'shown'; readonly shown: ShownPanel; readonly lostMs: number | null }
  /** The link shows nothing any more. */
  | { readonly kind: 'ended'; readonly reason: string };

export interface ShownPanel {
  readonly metric: PanelMetric;
  readonly latest: PanelPoint | null;
  readonly columns: Columns;
  /** How much of the newest is shown. */
  readonly spanMs: number;
}

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}

/** The server sends a ping every 12 s: two of them and some room. */
const SILENCE_LIMIT_MS = 25_000;
/** From time to time all is read anew: points that came one by one are as many as they are. */
const READ_AGAIN_MS = 30 * 60_000;
/** What is not scored is not announced. */
const READ_UNSCORED_MS = 30_000;
/** A link that ended may be one again: whose user was away. */
const ENDED_AGAIN_MS = 5 * 60_000;
const MIN_WAIT_MS = 500;
const MAX_WAIT_MS = 15_000;

/** The link is none: what the server says of it. */
class EndedError extends Error {}

export class PanelFeed {
  readonly state: Store<PanelState> = createStore<PanelState>({ kind: 'loading', problem: null });
  readonly #path: string;
  readonly #points: number;
  #cursor = '';
  #failures = 0;

  /** @param path of the panel, without a slash at its end @param options.points as many as can be drawn */
  constructor(path: string, options: { readonly points: number }) {
    this.#path = path;
    this.#points = options.points;
  }

  start(): void {
    void this.#run();
  }

  async #run(): Promise<never> {
    let isToBeRead = true;
    for (;;) {
      try {
        if (isToBeRead) await this.#read();
        isToBeRead = await this.#follow();
      } catch (error) {
        if (error instanceof EndedError) {
          this.state.set({ kind: 'ended', reason: error.message });
          isToBeRead = true;
          await wait(ENDED_AGAIN_MS);
          continue;
        }
        this.#lose();
        isToBeRead ||= this.state.get().kind !== 'shown';
        this.#failures += 1;
        const waitMs = Math.min(MAX_WAIT_MS, MIN_WAIT_MS * 2 ** this.#failures);
        // All panels of a page come back at once otherwise.
        await wait(waitMs * (0.5 + Math.random() / 2));
      }
    }
  }

  /** @throws EndedError; others where the server is away */
  async #read(): Promise<void> {
    const response = await this.#fetch(`/data?points=${this.#points}`);
    // The server's own document, and the link's own hours.
    const { data, hours } = (await response.json()) as Answer<PanelQuery> & { readonly hours: number };
    if (data?.metric == null) throw new Error('the server gave no answer');
    const { series, ...metric } = data.metric;
    this.#cursor = data.serverInfo.cursor;
    const columns = readColumns(series ?? NO_SERIES);
    const shown = { metric, latest: metric.latest, columns, spanMs: hours * 3_600_000 };
    this.state.set({ kind: 'shown', shown, lostMs: this.#lostMs() });
  }

  /** @returns when all is to be read anew @throws EndedError; others when the stream ended or broke */
  async #follow(): Promise<true> {
    const [stopping, over] = [new AbortController(), new AbortController()];
    const isScored = this.#metric()?.status === 'ACTIVE';
    const end = setTimeout(
      () => {
        over.abort();
        stopping.abort();
      },
      isScored ? READ_AGAIN_MS : READ_UNSCORED_MS,
    );
    let silence = setTimeout(() => stopping.abort(), SILENCE_LIMIT_MS);
    const hear = () => {
      clearTimeout(silence);
      silence = setTimeout(() => stopping.abort(), SILENCE_LIMIT_MS);
      this.#find();
    };
    try {
      const after = encodeURIComponent(this.#cursor);
      const response = await this.#fetch(`/live?after=${after}`, stopping.signal);
      if (response.body === null) throw new Error('the server sent no stream');
      for await (const text of readEvents(response.body, hear)) {
        // What cannot be followed is read anew, or the link has ended, which that says.
        if (!this.#take(JSON.parse(text) as Answer<PanelScoresSubscription>)) return true;
      }
      throw new Error('the stream ended');
    } catch (error) {
      if (over.signal.aborted) return true;
      throw error;
    } finally {
      clearTimeout(end);
      clearTimeout(silence);
    }
  }

  /** @returns false for what does not follow what came before */
  #take({ data, errors }: Answer<PanelScoresSubscription>): boolean {
    const state = this.state.get();
    if (errors !== undefined || data == null || state.kind !== 'shown') return false;
    const { cursor, prev, scores } = data.anomalyScores;
    if (prev !== this.#cursor) return false;
    this.#cursor = cursor;
    const newest = scores.at(-1);
    if (newest === undefined) return true;
    const { shown } = state;
    const columns = appendScores(shown.columns, scores, serverClock.now() - shown.spanMs);
    // A point that was late is drawn when all is read anew.
    const isNewer = shown.latest === null || newest.timestamp >= shown.latest.timestamp;
    this.state.set({ ...state, shown: { ...shown, columns, latest: isNewer ? newest : shown.latest } });
    return true;
  }

  async #fetch(path: string, signal = AbortSignal.timeout(SILENCE_LIMIT_MS)): Promise<Response> {
    const response = await fetchTimed(this.#path + path, { cache: 'no-store', signal });
    if (response.ok) return response;
    const said: unknown = await response.json().catch(() => null);
    const isEnd = [403, 404, 410].includes(response.status);
    if (isEnd && typeof said === 'object' && said !== null && 'error' in said)
      throw new EndedError(String(said.error));
    throw new Error(`the server answered ${response.status}`);
  }

  #metric(): PanelMetric | null {
    const state = this.state.get();
    return state.kind === 'shown' ? state.shown.metric : null;
  }

  #lostMs(): number | null {
    const state = this.state.get();
    return state.kind === 'shown' ? state.lostMs : null;
  }

  #lose(): void {
    const state = this.state.get();
    if (state.kind === 'loading')
      this.state.set({ kind: 'loading', problem: 'The server cannot be reached.' });
    if (state.kind === 'shown' && state.lostMs === null) this.state.set({ ...state, lostMs: Date.now() });
  }

  #find(): void {
    this.#failures = 0;
    const state = this.state.get();
    if (state.kind === 'shown' && state.lostMs !== null) this.state.set({ ...state, lostMs: null });
  }
}

const NO_SERIES = {
  timestamps: [],
  values: [],
  expected: [],
  expectedLow: [],
  expectedHigh: [],
  anomalyScores: [],
};

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
