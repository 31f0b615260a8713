/** What every part of the server is started with. */
import type { Config } from '../platform/config/read-config.ts';
import type { Log } from '../log.ts';
import type { Teardown } from '../platform/runtime/shutdown-stack.ts';

export interface SendEnvironment {
  readonly config: Config;
  readonly log: Log;
  readonly teardown: Teardown;
}
