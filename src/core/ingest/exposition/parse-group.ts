/**
 * The labels a path gives everything that is pushed to it, as the Pushgateway has them: `/job/NAME/LABEL/VALUE/…`, the value
 * of `LABEL@base64` in base64 for URLs. Pure.
 * https://github.com/prometheus/pushgateway#url
 */

const BASE64 = '@base64';
const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * @param path what follows `/metrics/`
 * @returns the labels, without those whose value is empty; or what is wrong
 */
export function parseGroup(path: string): ReadonlyMap<string, string> | string {
  const segments = path.split('/');
  // A slash at the end stands before an empty value where there is a label without one, and for nothing otherwise.
  if (segments.length % 2 !== 0 && segments.at(-1) === '') segments.pop();
  if (segments.length % 2 !== 0) return 'expected labels in pairs: /job/NAME/LABEL/VALUE/…';
  const labels = new Map<string, string>();
  for (let index = 0; index < segments.length; index += 2) {
    const [given = '', encoded = ''] = segments.slice(index, index + 2);
    const label = given.endsWith(BASE64) ? given.slice(0, -BASE64.length) : given;
    if (index === 0 && label !== 'job') return 'expected the label job first: /job/NAME/…';
    if (!LABEL_NAME.test(label) || label.startsWith('__')) return `no name of a label: ${show(given)}`;
    if (labels.has(label)) return `expected each label once, got ${show(label)} twice`;
    const value = given.endsWith(BASE64) ? decodeBase64(encoded) : decodePercent(encoded);
    if (value === null) return `${show(given)}: the value is not encoded as it says: ${show(encoded)}`;
    if (index === 0 && value === '') return 'expected the name of a job';
    labels.set(label, value);
  }
  return new Map([...labels].filter(([, value]) => value !== ''));
}

/** Null for what is no base64 of UTF-8. With padding or without; `=` alone is an empty value. */
function decodeBase64(text: string): string | null {
  if (!/^[\w-]*={0,2}$/.test(text)) return null;
  return decodeUtf8(Buffer.from(text, 'base64url'));
}

function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function decodePercent(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function show(text: string): string {
  return JSON.stringify(text.slice(0, 60));
}
