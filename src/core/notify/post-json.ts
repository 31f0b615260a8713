/** How most channels are given their messages. */
import { postAndRead, type Outbound, type PostFailure } from '../../platform/outbound/outbound-client.ts';
import { fitLength } from './fit-text.ts';
import type { IncidentFacts, Message } from './message.ts';

const MAX_REASON_LENGTH = 200;
/** Where they stand: Telegram, PagerDuty and Opsgenie and Discord, ntfy, Teams' workflows. */
const FIELDS = ['description', 'message', 'error'] as const;
/** Slack's: invalid_payload, no_service. */
const WORD = /^[a-z][a-z_]{2,60}$/;
const CODE = /^[a-z]+(?:_[a-z]+)+$/;
/** Of the length of a token, or an address: what a service repeats of the request may be a secret. */
const SECRETS = /\bhttps?:\/\/\S+|[\w+/=-]{20,}/g;

/** What it takes to post a message. */
export interface PostContext {
  readonly outbound: Outbound;
  /** Address of the page, without a slash at its end; messages carry no links without it. */
  readonly publicUrl?: string | null;
}

interface JsonTarget {
  readonly url: string | URL;
  /** Of the message: the same at every attempt. */
  readonly id: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** @returns what went wrong, without what is secret of the address; null when it was taken */
export async function postJson(
  outbound: Outbound,
  target: JsonTarget,
  body: object,
): Promise<PostFailure | null> {
  return (await postJsonAndRead(outbound, target, body)).failure;
}

/** As postJson, with the JSON of the answer; null where it is none. */
export async function postJsonAndRead(
  outbound: Outbound,
  { url, id, headers = {} }: JsonTarget,
  body: object,
): Promise<{ readonly failure: PostFailure | null; readonly answer: unknown }> {
  const target = new URL(url);
  const {
    status,
    failure,
    body: said,
  } = await postAndRead(outbound, {
    url: target,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'Lapwing',
      'idempotency-key': id,
      ...headers,
    },
    body: JSON.stringify(body),
  });
  if (failure === null) {
    const refusal = findRefusal(said);
    const problem = `${target.host} answered ${status}: ${refusal ?? ''}`;
    return { failure: refusal === null ? null : { problem, retryAfterMs: null }, answer: parse(said) };
  }
  const reason = readRefusal(said);
  const problem = reason === null ? failure.problem : `${failure.problem}: ${reason}`;
  return { failure: { ...failure, problem }, answer: parse(said) };
}

/**
 * Not every 2xx says that a message was taken: Slack's API answers 200 with `ok: false`, Rocket.Chat with `success: false`, and
 * the sign-in page of a proxy is a success, too.
 * @returns why it was not; null where it was
 */
function findRefusal(body: string): string | null {
  if (isWebPage(body)) return 'a web page in place of the service';
  const json = parse(body);
  const isRefused =
    typeof json === 'object' &&
    json !== null &&
    ['ok', 'success'].some((name) => Reflect.get(json, name) === false);
  return isRefused ? (readRefusal(body) ?? 'the message was not taken') : null;
}

/** Of a body that no API answers with. */
export function isWebPage(body: string): boolean {
  return /^\s*(?:<!doctype html|<html)\b/i.test(body);
}

/**
 * To services that keep an alert for each incident, by its alias, from its start to its end. A test is closed at once: it
 * should page nobody for long.
 * @returns what went wrong, or null
 */
export async function sendEachAlert(
  { kind, incidents }: Message,
  post: {
    readonly open: (alias: string, facts: IncidentFacts) => Promise<PostFailure | null>;
    readonly close: (alias: string) => Promise<PostFailure | null>;
  },
): Promise<PostFailure | null> {
  for (const facts of incidents) {
    const alias = `Incident:${facts.id}`;
    const failure =
      (kind === 'END' ? null : await post.open(alias, facts)) ??
      (kind === 'START' ? null : await post.close(alias));
    if (failure !== null) return failure;
  }
  return null;
}

/**
 * Why a chat or paging service refused a message, in its own words: each has its own place for them.
 * @returns one line; null where the body says nothing of the kind, as pages of proxies do
 */
function readRefusal(body: string): string | null {
  const words = WORD.test(body.trim()) ? [body.trim()] : listWords(body);
  const line = words
    .join('; ')
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .replaceAll(SECRETS, (found) => (CODE.test(found) ? found : '…'));
  return line === '' ? null : fitLength(line, MAX_REASON_LENGTH);
}

function listWords(body: string): readonly string[] {
  const json = parse(body);
  if (typeof json !== 'object' || json === null) return [];
  const said = FIELDS.map((name): unknown => Reflect.get(json, name)).find((value) => value != null);
  // Teams: { error: { code, message } }
  const inner = typeof said === 'object' && 'message' in said ? said.message : said;
  // PagerDuty says there what of an event it cannot read.
  const errors: unknown = Reflect.get(json, 'errors');
  return [inner, ...(Array.isArray(errors) ? (errors as readonly unknown[]) : [])].filter(
    (word) => typeof word === 'string',
  );
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
