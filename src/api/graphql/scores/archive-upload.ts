/** The archive of a metric, put into a bucket. */
import type { UploadedArchive } from '../../../core/transfer/archive-upload.ts';
import { InvalidInputError, NotFoundError, SourceUnavailableError } from '../../../errors.ts';
import { builder } from '../builder/builder.ts';
import { resultUnion } from '../builder/field-options.ts';
import { checkLength, MAX_COMMENT_LENGTH } from './download.ts';
import { requireEntry } from '../metrics/registry-metric.ts';

const MAX_URL_LENGTH = 4096;

const UploadMetricArchiveInputRef = builder.inputType('UploadMetricArchiveInput', {
  description: 'What to put where.',
  fields: (t) => ({
    id: t.id({ required: true, description: 'As read from `Metric.id`.' }),
    comment: t.string({
      description: `What there is to say about it; ${MAX_COMMENT_LENGTH} characters at most.`,
    }),
    uploadUrl: t.string({
      required: true,
      description:
        'An address that takes one PUT of application/gzip, such as a presigned URL of S3 or of what understands the same. Private addresses are refused unless LAPWING_ALLOW_PRIVATE_TARGETS lists them.',
    }),
  }),
});

const UploadedArchiveRef = builder.objectRef<UploadedArchive>('UploadedArchive').implement({
  description: 'An archive that was taken.',
  fields: (t) => ({
    fileName: t.exposeString('fileName', {
      description: 'As it would be called as a download; the address says what it is called where it is now.',
    }),
    bytes: t.exposeFloat('bytes', { description: 'Its length.' }),
  }),
});

builder.mutationField('uploadMetricArchive', (t) =>
  t.field({
    type: UploadedArchiveRef,
    description:
      'Puts everything about a metric, as `exportMetricArchive` gives it, where the address leads. It is written to a file first and sent within ten minutes, also when the request is given up before that.',
    errors: resultUnion([NotFoundError, SourceUnavailableError], 'What was taken, or why it is not there.'),
    args: {
      input: t.arg({
        type: UploadMetricArchiveInputRef,
        required: true,
        description: 'What to put where.',
      }),
    },
    resolve: (_root, { input }, { registry, archiveUploads }) => {
      const { id: metricId } = requireEntry(registry, input.id, ['input', 'id']);
      checkLength(input.comment, MAX_COMMENT_LENGTH, ['input', 'comment']);
      checkLength(input.uploadUrl, MAX_URL_LENGTH, ['input', 'uploadUrl']);
      // It may be a secret: it is not repeated.
      if (!URL.canParse(input.uploadUrl)) {
        throw new InvalidInputError('input.uploadUrl: expected an http or https URL', ['input', 'uploadUrl']);
      }
      const what = { kind: 'archive', metricId, comment: input.comment ?? null } as const;
      return archiveUploads.upload(what, new URL(input.uploadUrl));
    },
  }),
);
