/** Links to take things away by: the archive of a metric, the samples of a selection. */
import { DOWNLOAD_FORMATS } from '../../../core/transfer/download-format.ts';
import type { Download } from '../../../core/transfer/download-link.ts';
import { InvalidInputError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import type { Context } from '../builder/context.ts';
import { checkRange } from '../builder/filter-input.ts';
import { MetricDataFilterRef, readRowIds } from './metric-data-list.ts';
import { readScoreFilter } from './score-filter-input.ts';
import { requireEntry } from '../metrics/registry-metric.ts';

export const MAX_COMMENT_LENGTH = 2000;
/** A link is an address, which may not be of any length. */
const MAX_IDS = 100;
const MAX_NAME_PART_LENGTH = 500;
/** Characters of all keys and values together, as JSON. */
const MAX_TAGS_LENGTH = 2000;
const DEFAULT_FORMAT = 'NDJSON';

const DownloadFormatRef = builder.enumType('DownloadFormat', {
  description: 'How samples are written down.',
  values: {
    MSGPACK: {
      value: DOWNLOAD_FORMATS[0],
      description:
        'MessagePack, one array after the other: names, then [uid, seconds since 1970, value, score, row id].',
    },
    NDJSON: { value: DOWNLOAD_FORMATS[1], description: 'One JSON object a line.' },
    CSV: {
      value: DOWNLOAD_FORMATS[2],
      description: 'A table, of which no cell is a formula for a spreadsheet.',
    },
  },
});

interface DownloadLink {
  readonly url: string;
  readonly expiresAt: Date;
}

const DownloadLinkRef = builder.objectRef<DownloadLink>('DownloadLink').implement({
  description:
    'An address that gives one thing for a while, to anybody who has it, without a key. It ends with the key that asked for it.',
  fields: (t) => ({
    url: t.exposeString('url', {
      description:
        'To be fetched by GET. At the address this request came to, or at LAPWING_PUBLIC_URL where that names the same host; over WebSocket only its path.',
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      description: 'Until when a download can be begun, also after a restart of the server.',
    }),
  }),
});

builder.queryField('exportMetricArchive', (t) =>
  t.field({
    type: DownloadLinkRef,
    nullable: true,
    description:
      'A link to everything about a metric for analysis elsewhere: a tar.gz of metric.json (settings, labels, annotations) and metric_data.csv (all samples and scores).',
    args: {
      id: t.arg.id({ required: true, description: 'As read from `Metric.id`.' }),
      comment: t.arg.string({
        description: `What there is to say about it; ${MAX_COMMENT_LENGTH} characters at most.`,
      }),
    },
    resolve: (_root, { id, comment }, context) => {
      const { id: metricId } = requireEntry(context.registry, id, ['id']);
      checkLength(comment, MAX_COMMENT_LENGTH, ['comment']);
      return makeLink({ kind: 'archive', metricId, comment: comment ?? null }, context);
    },
  }),
);

builder.queryField('metricDataDownload', (t) =>
  t.field({
    type: DownloadLinkRef,
    nullable: true,
    description: 'A link to the samples of a selection, of any number: by metric, and by time within it.',
    args: {
      filter: t.arg({
        type: MetricDataFilterRef,
        required: true,
        description: `Which samples; at most ${MAX_IDS} \`metricIds\`, and \`tags\` of at most ${MAX_TAGS_LENGTH} characters as JSON.`,
      }),
      format: t.arg({
        type: DownloadFormatRef,
        defaultValue: DEFAULT_FORMAT,
        description: 'How they are written.',
      }),
      first: t.arg.int({ description: 'How many samples at most; all of them when left out.' }),
      unscored: t.arg.boolean({
        defaultValue: false,
        description: 'Whether samples are given that were never scored.',
      }),
    },
    resolve: (_root, { filter, format, first, unscored }, context) => {
      checkRange(filter.from, filter.to, ['filter']);
      if (first != null && first < 0) {
        throw new InvalidInputError(`first: expected 0 or more, got ${first}`, ['first']);
      }
      if ((filter.metricIds?.length ?? 0) > MAX_IDS) {
        throw InvalidInputError.at(['filter', 'metricIds'], `expected at most ${MAX_IDS}`);
      }
      checkLength(filter.tags && JSON.stringify(filter.tags), MAX_TAGS_LENGTH, ['filter', 'tags']);
      checkLength(filter.nameContains, MAX_NAME_PART_LENGTH, ['filter', 'nameContains']);
      const what: Download = {
        kind: 'samples',
        format: format ?? DEFAULT_FORMAT,
        filter: readScoreFilter(filter, ['filter']),
        rowIds: readRowIds(filter),
        limit: first ?? null,
        fromMs: filter.from?.getTime() ?? null,
        toMs: filter.to?.getTime() ?? null,
        unscored: unscored === true,
      };
      return makeLink(what, context);
    },
  }),
);

function makeLink(what: Download, { downloadLinks, request, caller, facts }: Context): DownloadLink {
  const { token, expiresAt } = downloadLinks.sign(what, caller);
  const path = `/download/${token}`;
  return { url: request === undefined ? path : writeAddress(path, request.url, facts.publicUrl), expiresAt };
}

/** Where the request came to. Behind a proxy that ends TLS it seems to come by http, and the link is a key: the settings know better. */
function writeAddress(path: string, asked: string, publicUrl: string | null): string {
  const isPublic = publicUrl !== null && new URL(publicUrl).hostname === new URL(asked).hostname;
  return isPublic ? `${publicUrl}${path}` : new URL(path, asked).href;
}

/** @throws InvalidInputError */
export function checkLength(text: string | null | undefined, most: number, path: readonly string[]): void {
  if (text == null || text.length <= most) return;
  throw InvalidInputError.at(path, `expected at most ${most} characters, got ${text.length}`);
}
