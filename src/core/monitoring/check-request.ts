/** What somebody wants to watch, looked at before anything is stored. */
import { NotSupportedError } from '../../errors.ts';
import { DEFAULT_ACCOUNT, type Datasource, type ModelParams } from '../../model.ts';
import { checkPolicy, type AlertPolicy } from '../metrics/alert-policy.ts';
import { checkAccount } from '../metrics/check-account.ts';
import { resolvePushedSpec } from '../metrics/pushed-spec.ts';
import { checkModelParams } from '../metrics/model-params.ts';
import type { MetricEntry, MetricLookup } from '../metrics/registry.ts';
import type { MetricDescription, Source, SourceResource } from '../sources/source.ts';

export interface MonitorRequest {
  /** Whose metric it is; the default account's when left out. */
  readonly accountId?: number;
  readonly datasource: Datasource;
  /** The source's own spec. */
  readonly spec: unknown;
  /** Whether the source is to ask the outside if there is such a metric, unless it is known here already. */
  readonly confirmed?: boolean;
  readonly model?: ModelParams;
  readonly unit?: string | null;
  readonly policy?: Partial<AlertPolicy>;
}

interface Described {
  /** As it is stored. */
  readonly spec: unknown;
  readonly description: MetricDescription;
}

export interface CheckedRequest extends Described {
  readonly accountId: number;
  readonly model: ModelParams;
  readonly policy: Partial<AlertPolicy>;
  /** The metric, if it is known by now. @throws NotFoundError where what it is of is gone by now */
  readonly findKnown: () => MetricEntry | undefined;
}

export interface RequestChecks {
  /** @throws NotSupportedError, InvalidInputError */
  readonly describe: (datasource: Datasource, spec: unknown, accountId: number) => Described;
  /**
   * All that can be said against it but that there is no place for it, or that it is monitored already.
   * @throws NotSupportedError, InvalidInputError, NotFoundError
   */
  readonly check: (request: MonitorRequest) => Promise<CheckedRequest>;
}

export function createRequestChecks(options: {
  readonly registry: MetricLookup;
  readonly sources: ReadonlyMap<Datasource, Source>;
  /** @throws NotFoundError for what has ended, or was never there */
  readonly confirmResource: (resource: SourceResource) => Promise<void>;
}): RequestChecks {
  const { registry, sources, confirmResource } = options;

  const describe: RequestChecks['describe'] = (datasource, given, accountId) => {
    const source = sources.get(datasource);
    if (source === undefined)
      throw new NotSupportedError(`this server has no source for ${datasource} metrics`);
    const spec = datasource === 'CUSTOM' ? resolvePushedSpec(given, registry, accountId) : given;
    return { spec, description: source.describe(spec) };
  };

  const check = async (request: MonitorRequest): Promise<CheckedRequest> => {
    const { datasource, accountId = DEFAULT_ACCOUNT } = request;
    checkAccount(datasource, accountId);
    const described = describe(datasource, request.spec, accountId);
    const { identity, resource } = described.description;
    const model = checkModelParams(request.model ?? {}, ['input', 'model']);
    const policy = checkPolicy(request.policy ?? {});
    const findKnown = () => {
      // Its autostack may have been deleted since.
      describe(datasource, request.spec, accountId);
      return registry.byIdentity(datasource, identity, accountId);
    };
    const known = findKnown();
    // What is monitored already needs no leave.
    const isListed = resource !== null && datasource !== 'CUSTOM';
    if (isListed && (known === undefined || known.status === 'UNMONITORED')) await confirmResource(resource);
    if (known === undefined && request.confirmed === true)
      await sources.get(datasource)?.confirm?.(request.spec);
    return { ...described, accountId, model, policy, findKnown };
  };

  return { describe, check };
}
