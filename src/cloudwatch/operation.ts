/** What every operation of the service is handed beside its request. */
import type pg from 'pg';
import type { PrismaClient } from '../generated/prisma/client.ts';
import type { Log } from '../log.ts';
import type { SeriesWatch } from './anomaly-detectors.ts';
import type { Intake } from './intake.ts';
import type { CloudwatchLimits } from './limits.ts';

/** Whose request it is. */
export interface Caller {
  readonly accountId: number;
  readonly accessKeyId: string;
}

export interface OperationContext extends Caller {
  readonly pool: pg.Pool;
  readonly prisma: PrismaClient;
  readonly intake: Intake;
  readonly limits: CloudwatchLimits;
  readonly now: () => Date;
  readonly log: Log;
  /** As in the scope of the signature; part of ARNs. */
  readonly region: string;
  /** Null where nothing can be watched. */
  readonly watch: SeriesWatch | null;
}
