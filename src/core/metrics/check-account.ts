/** Whose a metric may be. */
import { NotSupportedError } from '../../errors.ts';
import { DEFAULT_ACCOUNT, type Datasource } from '../../model.ts';

/**
 * What the server reads with its own credentials (AWS, InfluxDB, Prometheus) or of its own machine belongs to the default account:
 * monitored for another, it would be shown to whom it is not. @throws NotSupportedError
 */
export function checkAccount(datasource: Datasource, accountId: number): void {
  if (datasource === 'CUSTOM' || accountId === DEFAULT_ACCOUNT) return;
  throw new NotSupportedError(
    `${datasource} metrics belong to the default account: with a key of another one, only pushed metrics can be monitored`,
  );
}
