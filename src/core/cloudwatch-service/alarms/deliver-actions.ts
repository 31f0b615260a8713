/**
 * Delivers what alarms are to do. The actions were stored with the state change, so that a crash in between loses
 * none; one may be delivered twice when the server dies after the webhook answered and before that is noted.
 */
import type pg from 'pg';
import type { Log } from '../../../log.ts';
import type { Stats } from '../../../platform/telemetry/metrics.ts';
import { postOrExplain, type Outbound } from '../../../platform/outbound/outbound-client.ts';
import { nameTarget } from './action-arn.ts';
import { SingleFlight } from './single-flight.ts';

export interface ActionContext {
  readonly pool: pg.Pool;
  readonly log: Log;
  readonly stats: Stats;
  readonly now: () => Date;
  /** Name of an action's target → where its notifications are posted. Set by who runs the server, not by callers. */
  readonly webhooks: ReadonlyMap<string, URL>;
  readonly outbound: Outbound;
}

interface Target {
  /** Those found to be due since it was last asked for them. */
  readonly actions: Set<string>;
  readonly flight: SingleFlight;
}

interface DueAction {
  id: string;
  account_id: number;
  alarm_name: string;
  action: string;
  payload: object;
  attempts: number;
}

const MAX_ATTEMPTS = 6;
const AT_A_TIME = 20;
/** A server that took an action and died leaves it to the others after this long. */
const LEASE_SECONDS = 60;

// Those of one alarm to one target go one after the other, in the order they were made: a receiver that is notified of OK before
// ALARM keeps what it opened last. One that somebody took meanwhile is not due any more.
const TAKE_DUE = `
  UPDATE cloudwatch_alarm_action AS taken
  SET attempts = attempts + 1, due_at = $1::timestamptz + make_interval(secs => $2 * 2 ^ attempts)
  WHERE due_at <= $1 AND id IN (
    SELECT id FROM (
      SELECT DISTINCT ON (account_id, alarm_name, action) id, due_at FROM cloudwatch_alarm_action
      WHERE action = ANY($4) ORDER BY account_id, alarm_name, action, id) AS oldest
    WHERE due_at <= $1 ORDER BY due_at, id LIMIT $3)
  RETURNING id, account_id, alarm_name, action, payload, attempts`;

/** A failure counts for those behind it as well: they are given up some time after it, and do not gather for ever. */
const HOLD_LATER = `
  UPDATE cloudwatch_alarm_action AS later
  SET attempts = least(later.attempts + 1, $2), due_at = greatest(later.due_at, failed.due_at)
  FROM cloudwatch_alarm_action AS failed
  WHERE failed.id = $1 AND later.id > failed.id AND later.account_id = failed.account_id
    AND later.alarm_name = failed.alarm_name AND later.action = failed.action`;

const FINISH = `
  WITH done AS (DELETE FROM cloudwatch_alarm_action WHERE id = $1 RETURNING account_id, alarm_name)
  INSERT INTO cloudwatch_alarm_history (account_id, alarm_name, alarm_type, timestamp, type, summary, data)
  SELECT account_id, alarm_name, coalesce((
      SELECT type FROM cloudwatch_alarm AS alarm
      WHERE alarm.account_id = done.account_id AND alarm.name = done.alarm_name), 'MetricAlarm'),
    $2, 'Action', $3, $4
  FROM done`;

/** To each webhook by itself, so that one that does not answer delays no other. */
export class ActionDelivery {
  readonly #context: ActionContext;
  /** By the name of the target; the empty one is of all for which no webhook is set. */
  readonly #targets = new Map<string, Target>();
  #isStopped = false;

  constructor(context: ActionContext) {
    this.#context = context;
  }

  /** Resolves when what is due by now was tried. */
  async run(): Promise<void> {
    const { pool, now, webhooks } = this.#context;
    const { rows } = await pool.query<{ action: string }>(
      'SELECT DISTINCT action FROM cloudwatch_alarm_action WHERE due_at <= $1',
      [now()],
    );
    const due = new Set<Target>();
    for (const { action } of rows) {
      const name = nameTarget(action) ?? '';
      const target = this.#open(webhooks.has(name) ? name : '');
      target.actions.add(action);
      due.add(target);
    }
    await Promise.all([...due].map(({ flight }) => flight.run()));
  }

  /** Begins with nothing more, and waits for what is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all([...this.#targets.values()].map(({ flight }) => flight.settle()));
  }

  #open(name: string): Target {
    const known = this.#targets.get(name);
    if (known !== undefined) return known;
    const actions = new Set<string>();
    const target = { actions, flight: new SingleFlight(() => this.#deliverTo(actions)) };
    this.#targets.set(name, target);
    return target;
  }

  async #deliverTo(actions: Set<string>): Promise<void> {
    const { pool, now } = this.#context;
    const asked = [...actions];
    actions.clear();
    while (!this.#isStopped) {
      const { rows } = await pool.query<DueAction>(TAKE_DUE, [now(), LEASE_SECONDS, AT_A_TIME, asked]);
      if (rows.length === 0) return;
      await Promise.all(rows.map((action) => deliver(action, this.#context)));
    }
  }
}

async function deliver(action: DueAction, context: ActionContext): Promise<void> {
  const target = nameTarget(action.action);
  const url = target === null ? undefined : context.webhooks.get(target);
  const problem =
    url === undefined
      ? `no webhook is set for ${action.action}`
      : await postTwice(url, action.payload, context.outbound);
  if (problem === null) {
    context.stats.count('cloudwatch_actions_delivered');
    await finish(action, context, `Successfully executed action ${action.action}`, null);
    return;
  }
  context.stats.count('cloudwatch_actions_failed');
  const final = url === undefined || action.attempts >= MAX_ATTEMPTS;
  context.log.warn(
    { alarm: action.alarm_name, attempts: action.attempts, problem, final },
    'alarm action failed',
  );
  if (final) await finish(action, context, `Failed to execute action ${action.action}`, problem);
  else await context.pool.query(HOLD_LATER, [action.id, MAX_ATTEMPTS - 1]);
}

async function finish(
  action: DueAction,
  { pool, now }: ActionContext,
  summary: string,
  error: string | null,
): Promise<void> {
  const data = { version: '1.0', actionState: error === null ? 'Succeeded' : 'Failed', error };
  await pool.query(FINISH, [action.id, now(), summary, JSON.stringify(data)]);
}

/** A connection kept open may end just as it is used again: what fails is tried once more, on another, before it waits. */
async function postTwice(url: URL, payload: object, outbound: Outbound): Promise<string | null> {
  return (await post(url, payload, outbound)) === null ? null : await post(url, payload, outbound);
}

/** @returns what went wrong, or null */
function post(url: URL, payload: object, outbound: Outbound): Promise<string | null> {
  const headers = { 'content-type': 'application/json' };
  return postOrExplain(outbound, { url, headers, body: JSON.stringify(payload) });
}
