/** Writes scores to another server, where the settings name one. */
import type { Engine } from './build-core.ts';
import type { SendEnvironment } from './app-context.ts';
import type { Config } from '../platform/config/read-config.ts';
import { ScoreExporter } from '../core/prometheus/score-export/score-exporter.ts';
import { createWriteTarget, type WriteTarget } from '../core/prometheus/score-export/write-target.ts';

export function openScoreExport({
  config,
  log,
  engine,
  teardown,
  version,
}: SendEnvironment & { readonly engine: Engine; readonly version: string }): void {
  const target = openWriteTarget(config, version);
  if (target === null) return;
  const exporter = new ScoreExporter({ ...engine, target, log });
  teardown.add(() => exporter.stop());
  exporter.start();
}

/** Null where the settings name none. */
export function openWriteTarget(config: Config, version: string): WriteTarget | null {
  const { remoteWriteUrl: url, remoteWriteUser: user, remoteWriteToken: token } = config;
  return url === undefined ? null : createWriteTarget({ url, user, token, version });
}
