/** The same cases over everything that speaks AWS; what a service cannot have is skipped by its name. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { startContractEngine, type ContractEngine } from './contract-engine.ts';
import { describeGroupContract } from './group-contract.ts';
import { startImitatedService } from './imitated-service.ts';
import { describeMetricContract } from './metric-contract.ts';
import { OWN_SERVICE_LACKS, startOwnService } from './own-service.ts';
import type { OptionalCase } from './service.ts';

describe.each([
  { service: 'an imitation of AWS', lacks: new Set<OptionalCase>(), start: startImitatedService },
  { service: "Lapwing's own CloudWatch service", lacks: OWN_SERVICE_LACKS, start: startOwnService },
])('watching $service', ({ lacks, start }) => {
  let engine: ContractEngine | undefined;

  beforeAll(async () => {
    engine = await startContractEngine(await start());
  });

  afterAll(() => engine?.[Symbol.asyncDispose]());

  const under = () => {
    expect.assert(engine !== undefined);
    return engine;
  };
  describeMetricContract(under, lacks);
  describeGroupContract(under, lacks);
});
