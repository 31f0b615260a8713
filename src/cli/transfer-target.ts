import { OperatorError } from '../errors.ts';

/** One side of an import or export on the command line; the other is a file. */

/** `known`: it was monitored already, and nothing was changed. */
export type ImportOutcome = 'created' | 'known' | { readonly problem: string };

/** Where models are taken from and brought to. */
export interface TransferEnd {
  /** How many models an export of everything has. */
  count: () => Promise<number>;
  exportModels: () => AsyncIterable<object>;
  importModel: (model: unknown) => Promise<ImportOutcome>;
  stop: () => Promise<void>;
}

/** The file cannot be used, or some of it could not be imported. */
export class TransferFileError extends OperatorError {
  override readonly name = 'TransferFileError';
}
