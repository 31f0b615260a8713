import type { Log } from '../log.ts';

export interface EmbeddedDatabase extends AsyncDisposable {
  readonly connection: string;
  stop(): Promise<void>;
}

export function startEmbedded(options: {
  readonly dataDir: string;
  readonly log: Log;
  readonly onDown?: (reason: string) => void;
  readonly onUp?: () => void;
}): Promise<EmbeddedDatabase> {
  throw new Error(`not built yet: ${options.dataDir}`);
}
