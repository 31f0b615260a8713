import type { Log } from '../log.ts';

export interface ServerLock extends AsyncDisposable {
  readonly stop: () => Promise<void>;
}

export function holdServerLock(options: {
  readonly connection: string;
  readonly log: Log;
  readonly onLost: (error: Error) => void;
}): Promise<ServerLock> {
  throw new Error(`not built yet: ${options.connection}`);
}
