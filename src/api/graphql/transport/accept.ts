/** What a client takes, as its header Accept says: https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1 */
import type { StreamType } from './stream-framing.ts';

/** UTF-8 by the names that clients write, of which yoga knows one: any other is a charset it does not send. */
const UTF_8 = /;\s*charset\s*=\s*(?:utf-?8|"utf-?8")\s*(?=[;,]|$)/gi;
const WEIGHT = /;\s*q\s*=\s*(\d(?:\.\d{0,3})?)\s*(?=;|$)/i;

/**
 * The header as yoga reads it, which takes the first type it knows: the most wanted ones first, without weights, those that
 * are not wanted at all, and the charset that all answers have.
 */
export function readAccept(accept: string): string {
  const named = accept.replace(UTF_8, '');
  if (!/;\s*q\s*=/i.test(named)) return named;
  const wanted = named
    .split(',')
    .map((part) => ({ type: part.replace(WEIGHT, ''), weight: Number(WEIGHT.exec(part)?.[1] ?? 1) }))
    .filter(({ weight }) => weight !== 0);
  // Of equal ones the order stays.
  return wanted
    .toSorted((one, other) => other.weight - one.weight)
    .map(({ type }) => type.trim())
    .join(', ');
}

const EVENT_STREAM = /^\s*(?:\*\/\*|text\/\*|text\/event-stream)\s*(?:;|$)/i;
/** By itself it is taken for answers in parts, which no subscription is. */
const SUBSCRIPTION_PARTS = /^\s*multipart\/mixed\s*;(?:.*;)?\s*subscriptionSpec\s*=\s*"?1\.0"?\s*(?:;|$)/i;

/** What a subscription is sent as; null where its client takes no stream. */
export function chooseStream(accept: string): StreamType | null {
  if (accept === '') return 'sse';
  for (const part of accept.split(',')) {
    if (EVENT_STREAM.test(part)) return 'sse';
    if (SUBSCRIPTION_PARTS.test(part)) return 'multipart';
  }
  return null;
}
