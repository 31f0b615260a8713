/** Puts the archive of a metric where the caller wants it: a bucket of S3, or what understands the same. */
import type { ArchiveDownload } from './download-link.ts';

export interface UploadedArchive {
  /** As archives are named when they are downloaded. */
  readonly fileName: string;
  /** Of the tar.gz. */
  readonly bytes: number;
}

export interface ArchiveUploads {
  /**
   * @param url for one PUT, signed by an owner of the bucket: the server has no credentials of its own for it
   * @throws InvalidInputError for an address that is refused, NotFoundError, RetryLaterError while others are under way,
   *   SourceUnavailableError when what it leads to does not take the archive
   */
  readonly upload: (what: ArchiveDownload, url: URL) => Promise<UploadedArchive>;
}
