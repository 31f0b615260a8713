/** Writes XML: shapes as AWS Query answers, and single elements. */
import type { Shape } from '../../../core/cloudwatch-service/model/shape.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // Readers of XML take these for the end of a line.
  '\r': '&#xD;',
  '\u0085': '&#x85;',
  '\u2028': '&#x2028;',
};

/** Characters XML 1.0 cannot hold are left out. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll(/[&<>"'\r\u0085\u2028]/g, (sign) => ENTITIES[sign] ?? sign);
}

/** @param content markup; with `text`, plain text to be escaped */
export function writeElement(name: string, content: string, kind: 'markup' | 'text' = 'markup'): string {
  return `<${name}>${kind === 'text' ? escapeXml(content) : content}</${name}>`;
}

/** The elements of a list: `member` in AWS Query, `item` in EC2's. */
export type ItemName = 'member' | 'item';

/** Lists as `<member>`, maps as `<entry><key><value>`, times as ISO 8601; what is undefined is left out. */
export function writeShape(name: string, shape: Shape, value: unknown, item: ItemName = 'member'): string {
  if (value === undefined || value === null) return '';
  return writeElement(name, writeContent(shape, value, item));
}

/** As writeShape, without an element around it. */
export function writeContent(shape: Shape, value: unknown, item: ItemName): string {
  switch (shape.kind) {
    case 'structure':
      return Object.entries(shape.members)
        .map(([name, member]) => writeShape(name, member, readMember(value, name), item))
        .join('');
    case 'list':
      return Array.isArray(value) ? value.map((part) => writeShape(item, shape.of, part, item)).join('') : '';
    case 'map':
      return Object.entries(typeof value === 'object' && value !== null ? value : {})
        .map(([key, part]) =>
          writeElement('entry', writeElement('key', key, 'text') + writeShape('value', shape.of, part, item)),
        )
        .join('');
    default:
      return escapeXml(value instanceof Date ? writeTime(value) : writeScalar(value));
  }
}

/** As AWS: a whole second without a fraction, as datapoints have; milliseconds where there are some, as alarms have. */
function writeTime(time: Date): string {
  return time.toISOString().replace('.000Z', 'Z');
}

function writeScalar(value: unknown): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : String(value);
}

function readMember(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
