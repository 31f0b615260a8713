/** One side of an import or export on the command line; the other is a file. */

/** Where models are taken from and brought to. */
export interface TransferEnd {
  /** How many models an export of everything has. */
  count: () => Promise<number>;
  exportModels: () => AsyncIterable<object>;
  /** One message per model that could not be imported; null for one that was, or was there already. */
  importModels: (models: readonly unknown[]) => Promise<readonly (string | null)[]>;
  stop: () => Promise<void>;
}

/** The file cannot be used, or some of it could not be imported. */
export class TransferFileError extends Error {
  override readonly name = 'TransferFileError';
}
