/** Incidents and their messages, as the settings ask for them. */
import { hostname } from 'node:os';
import type { Config } from '../platform/config/read-config.ts';
import type { Engine } from './build-core.ts';
import { Incidents } from '../core/incidents/incidents.ts';
import { createMailer } from '../core/notify/email.ts';
import { createOutbound } from '../platform/outbound/outbound-client.ts';
import type { SealingKeys } from './sealing-keys.ts';
import type { SendEnvironment } from './app-context.ts';

export async function openIncidents(
  options: SendEnvironment & {
    readonly engine: Engine;
    readonly sealingKeys: SealingKeys;
    /** Reads only: the leader opens incidents and sends messages. */
    readonly isReplica: boolean;
  },
): Promise<Incidents> {
  const { config, log, engine, sealingKeys, isReplica, teardown } = options;
  const incidents = await Incidents.open({
    ...engine,
    log,
    seal: sealingKeys.notifications,
    outbound: createOutbound({ allowed: config.allowPrivateTargets }),
    mailer: openMailer(config),
    now: () => new Date(),
    publicUrl: config.publicUrl ?? null,
    retentionDays: config.retentionDays,
  });
  teardown.add(() => incidents.stop());
  if (!isReplica) incidents.start();
  return incidents;
}

function openMailer({ smtpUrl: url, smtpFrom }: Config) {
  return url === undefined ? null : createMailer({ url, from: smtpFrom ?? `lapwing@${hostname()}` });
}
