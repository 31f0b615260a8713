import { OperatorError } from '../errors.ts';

/** One side of an import or export on the command line; the other is a file. */

/** Where models are taken from and brought to. */
export interface TransferEnd {
  /** How many models an export of everything has. */
  count: () => Promise<number>;
  exportModels: () => AsyncIterable<object>;
  /** @returns why it could not be imported; null for one that was, or was there already */
  importModel: (model: unknown) => Promise<string | null>;
  stop: () => Promise<void>;
}

/** The file cannot be used, or some of it could not be imported. */
export class TransferFileError extends OperatorError {
  override readonly name = 'TransferFileError';
}
