/** Writes scores to another server, where the settings name one. */
import type { Engine } from './build-core.ts';
import type { SendEnvironment } from './app-context.ts';
import { ScoreExporter } from '../core/prometheus/score-export/score-exporter.ts';
import { createWriteTarget } from '../core/prometheus/score-export/write-target.ts';

export function openScoreExport({
  config,
  log,
  engine,
  teardown,
  version,
}: SendEnvironment & { readonly engine: Engine; readonly version: string }): void {
  const { remoteWriteUrl: url, remoteWriteUser: user, remoteWriteToken: token } = config;
  if (url === undefined) return;
  const exporter = new ScoreExporter({
    ...engine,
    target: createWriteTarget({ url, user, token, version }),
    log,
  });
  teardown.add(() => exporter.stop());
  exporter.start();
}
