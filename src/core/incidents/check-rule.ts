/** Checks what somebody wants of a rule, field by field, before any of it is stored. */
import { checkTagFilters, findPatternFlaw } from '../metrics/tag-filter.ts';
import { MAX_DEVIATION } from '../metrics/alert-policy.ts';
import { findNameFlaw } from '../../platform/bounded-input/name-flaw.ts';
import type { AnomalyRateGroup, Direction } from '../../generated/prisma/client.ts';
import { findUnknownVariable, hasLoneBrace, VARIABLES } from '../notify/template.ts';
import type { NewChannel } from './delivery/check-channel.ts';
import { findWindowFlaw, isTimeZone, type MaintenanceWindow } from './maintenance-window.ts';
import { quote, refuse } from './refuse.ts';
import type { RuleScope } from './rule.ts';

/** What is left out stays as it is, or is the default of a new rule. */
export interface RuleChange {
  readonly name?: string;
  readonly enabled?: boolean;
  readonly scope?: RuleScope;
  readonly sensitivity?: number;
  readonly direction?: Direction;
  readonly minDeviation?: number;
  readonly minDeviationRatio?: number;
  readonly confirmSeconds?: number;
  readonly confirmPoints?: number;
  readonly recoverySeconds?: number;
  readonly quietSeconds?: number;
  readonly staleSeconds?: number;
  readonly learningGuard?: boolean;
  readonly notifyEnd?: boolean;
  readonly notifyNoData?: boolean;
  readonly noDataSeconds?: number;
  /** Above 0, at most 100; null for no such incidents. */
  readonly anomalyRatePercent?: number | null;
  readonly anomalyRateMinMetrics?: number;
  readonly anomalyRateSeconds?: number;
  readonly anomalyRateGroup?: AnomalyRateGroup;
  readonly notifyOutliers?: boolean;
  readonly outlierSeconds?: number;
  /** Above 0. */
  readonly outlierTolerance?: number;
  /** Above 0, at most 1. */
  readonly outlierMinShare?: number;
  readonly notifyAnomalies?: boolean;
  readonly maintenanceWindows?: readonly MaintenanceWindow[];
  /** Null for that of the metric. */
  readonly timeZone?: string | null;
  /** Null for the default texts. */
  readonly subject?: string | null;
  readonly body?: string | null;
  /** http or https; null for none. */
  readonly runbookUrl?: string | null;
  /** All the channels it is to have from now on. */
  readonly channels?: readonly NewChannel[];
}

const DAY = 86_400;
/** Field → lowest and highest. */
const RANGES = {
  minDeviation: [0, MAX_DEVIATION],
  minDeviationRatio: [0, MAX_DEVIATION],
  confirmSeconds: [0, DAY],
  confirmPoints: [1, 1000],
  recoverySeconds: [0, 7 * DAY],
  quietSeconds: [0, 30 * DAY],
  staleSeconds: [1, 365 * DAY],
  noDataSeconds: [60, 30 * DAY],
  anomalyRateMinMetrics: [1, 100_000],
  anomalyRateSeconds: [0, DAY],
  outlierSeconds: [300, 7 * DAY],
} as const satisfies Partial<Record<keyof RuleChange, readonly [low: number, high: number]>>;

/** Field → highest. */
const ABOVE_ZERO = {
  anomalyRatePercent: 100,
  outlierTolerance: 1_000_000,
  outlierMinShare: 1,
} as const satisfies Partial<Record<keyof RuleChange, number>>;

const MAX_NAME_LENGTH = 100;
const MAX_PATTERN_LENGTH = 255;
const MAX_URL_LENGTH = 2048;
const LONGEST = { subject: 255, body: 10_000 } as const;
const MAX_NAMED = 1000;
const MAX_WINDOWS = 50;

/** @throws InvalidInputError naming the field and the value */
export function checkRule(change: RuleChange): void {
  const nameFlaw = change.name === undefined ? null : findNameFlaw(change.name, MAX_NAME_LENGTH);
  if (nameFlaw !== null) refuse(nameFlaw, 'name');
  checkNumbers(change);
  if (change.scope !== undefined) checkScope(change.scope);
  const { timeZone } = change;
  if (timeZone != null && !isTimeZone(timeZone)) {
    refuse(`expected an IANA name such as Europe/Berlin, got ${quote(timeZone)}`, 'timeZone');
  }
  checkTemplates(change);
  if (change.runbookUrl != null) checkRunbookUrl(change.runbookUrl);
  const { maintenanceWindows: windows = [] } = change;
  if (windows.length > MAX_WINDOWS) {
    refuse(`expected at most ${MAX_WINDOWS}, got ${windows.length}`, 'maintenanceWindows');
  }
  for (const [index, window] of windows.entries()) {
    const found = findWindowFlaw(window);
    if (found === null) continue;
    refuse(found.flaw, 'maintenanceWindows', String(index), nameOf(window), ...found.field.split('.'));
  }
}

function checkLength(text: string, most: number, ...where: readonly string[]): void {
  if (text.length > most) refuse(`expected at most ${most} characters, got ${text.length}`, ...where);
}

/** The member of the input that a window is. */
function nameOf(window: MaintenanceWindow): 'once' | 'holidays' | 'weekly' {
  if ('start' in window) return 'once';
  return 'dates' in window ? 'holidays' : 'weekly';
}

function checkNumbers(change: RuleChange): void {
  const { sensitivity } = change;
  if (sensitivity !== undefined && !(sensitivity > 0 && sensitivity < 1)) {
    refuse(`expected above 0 and below 1, got ${sensitivity}`, 'sensitivity');
  }
  for (const [field, high] of Object.entries(ABOVE_ZERO)) {
    const value = change[field as keyof typeof ABOVE_ZERO]; // the keys of ABOVE_ZERO are those
    if (value == null || (value > 0 && value <= high)) continue;
    refuse(`expected above 0 and at most ${high}, got ${value}`, field);
  }
  for (const [field, [low, high]] of Object.entries(RANGES)) {
    const value = change[field as keyof typeof RANGES]; // the keys of RANGES are those
    if (value === undefined || (value >= low && value <= high)) continue;
    refuse(
      `expected ${low} ${high === MAX_DEVIATION && value < low ? 'or more' : `to ${high}`}, got ${value}`,
      field,
    );
  }
}

function checkScope({ metricIds, servers, namePattern, tags }: RuleScope): void {
  for (const [field, list] of Object.entries({ metricIds, servers })) {
    if (list === undefined) continue;
    if (list.length === 0) refuse('expected at least one, or leave it out for all', 'scope', field);
    if (list.length > MAX_NAMED) refuse(`expected at most ${MAX_NAMED}, got ${list.length}`, 'scope', field);
  }
  if (namePattern !== undefined) {
    if (namePattern === '') refuse('expected a pattern, got an empty one', 'scope', 'namePattern');
    const flaw = findPatternFlaw(namePattern);
    if (flaw !== null) refuse(`${flaw} in ${quote(namePattern)}`, 'scope', 'namePattern');
    checkLength(namePattern, MAX_PATTERN_LENGTH, 'scope', 'namePattern');
  }
  if (tags !== undefined) checkTagFilters(tags, ['input', 'scope', 'tags']);
}

/** Messages link to it: nothing but a page. */
function checkRunbookUrl(text: string): void {
  const scheme = URL.canParse(text) ? new URL(text).protocol : '';
  if (scheme !== 'https:' && scheme !== 'http:') {
    refuse(`expected an http or https URL, got ${quote(text)}`, 'runbookUrl');
  }
  checkLength(text, MAX_URL_LENGTH, 'runbookUrl');
}

function checkTemplates(change: RuleChange): void {
  for (const field of ['subject', 'body'] as const) {
    const template = change[field];
    if (template == null) continue;
    checkLength(template, LONGEST[field], field);
    if (hasLoneBrace(template)) {
      refuse(`a brace belongs to no variable in ${quote(template)}; {{ and }} are braces`, field);
    }
    const unknown = findUnknownVariable(template);
    if (unknown === null) continue;
    refuse(`{${unknown.slice(0, 100)}} is none of ${Object.keys(VARIABLES).join(', ')}`, field);
  }
}
