/** Sends one request in each of the three protocols, as plain trees, and reads the answers back into such trees. */
import * as cbor from 'cborg';
import { XMLParser } from 'fast-xml-parser';

export const PROTOCOLS = ['json', 'query', 'cbor'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export interface AwsAnswer {
  readonly status: number;
  /** As Query clients read it; null for a success. */
  readonly code: string | null;
  readonly message: string | null;
  /** Members of the answer. In Query every leaf is a text. */
  readonly body: unknown;
}

/** To a server that takes any signature. */
export async function speakAws(
  endpoint: string,
  protocol: Protocol,
  operation: string,
  input: object,
): Promise<AwsAnswer> {
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261120/us-east-1/monitoring/aws4_request, SignedHeaders=host, Signature=' +
    '0'.repeat(64);
  switch (protocol) {
    case 'json': {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: {
          authorization,
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': `GraniteServiceVersion20100801.${operation}`,
          'x-amzn-query-mode': 'true',
        },
        body: JSON.stringify(writeJson(input)),
      });
      return readHeaded(response, await response.json());
    }
    case 'cbor': {
      const path = `${endpoint}/service/GraniteServiceVersion20100801/operation/${operation}`;
      const response = await fetch(path, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
        body: cbor.encode(input, { typeEncoders: { Date: encodeDate } }),
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      return readHeaded(response, cbor.decode(bytes, { tags: { 1: (read) => read() } }));
    }
    case 'query': {
      const form = new URLSearchParams({ Action: operation, Version: '2010-08-01', ...writeForm(input) });
      const response = await fetch(endpoint, { method: 'POST', headers: { authorization }, body: form });
      return readXml(response.status, await response.text(), operation);
    }
  }
}

/** A number that is none has no form in JSON but its name. */
function writeJson(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (Array.isArray(value)) return value.map(writeJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, writeJson(member)]));
}

function encodeDate(time: unknown): cbor.Token[] {
  const seconds = time instanceof Date ? time.getTime() / 1000 : NaN;
  return [new cbor.Token(cbor.Type.tag, 1), new cbor.Token(cbor.Type.float, seconds)];
}

function writeForm(value: unknown, prefix = ''): Record<string, string> {
  if (value === undefined) return {};
  if (value instanceof Date) return { [prefix]: value.toISOString() };
  if (Array.isArray(value)) {
    if (value.length === 0) return { [prefix]: '' };
    return Object.assign(
      {},
      ...value.map((item, i) => writeForm(item, `${prefix}.member.${i + 1}`)),
    ) as Record<string, string>;
  }
  if (typeof value !== 'object' || value === null)
    return {
      [prefix]:
        typeof value === 'number' ? String(value) : typeof value === 'string' ? value : JSON.stringify(value),
    };
  const parts = Object.entries(value).map(([name, member]) =>
    writeForm(member, prefix === '' ? name : `${prefix}.${name}`),
  );
  return Object.assign({}, ...parts) as Record<string, string>;
}

function readHeaded(response: Response, body: unknown): AwsAnswer {
  const code = response.headers.get('x-amzn-query-error')?.split(';')[0] ?? null;
  const message = code === null ? null : (body as { message: string }).message;
  return { status: response.status, code, message, body };
}

const PARSER = new XMLParser({
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  isArray: (name) => name === 'member',
});

function readXml(status: number, xml: string, operation: string): AwsAnswer {
  const root = PARSER.parse(xml) as Record<string, Record<string, unknown>>;
  const error = root.ErrorResponse?.Error as { Code: string; Message: string } | undefined;
  if (error !== undefined) return { status, code: error.Code, message: error.Message, body: null };
  return {
    status,
    code: null,
    message: null,
    body: unwrap(root[`${operation}Response`]?.[`${operation}Result`]),
  };
}

function unwrap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== 'object' || value === null) return value;
  if ('member' in value) return unwrap(value.member);
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unwrap(member)]));
}

/** Every leaf a text, empty lists and texts alike, numbers as JavaScript writes them, times masked: for comparing protocols. */
export function flatten(value: unknown, name = ''): unknown {
  if (/Timestamps?$/.test(name)) return 'time';
  if (Array.isArray(value)) return value.length === 0 ? '' : value.map((item) => flatten(item));
  if (typeof value !== 'object' || value === null) return String(value);
  const members = Object.entries(value).map(([key, member]) => [key, flatten(member, key)] as const);
  return members.length === 0 ? '' : Object.fromEntries(members);
}
