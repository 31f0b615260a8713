/** A configuration file held against a server: what is to be done, and doing it. */
import { type GraphqlClient, RemoteError } from '../graphql-client.ts';
import { type Configuration, type Entry, readStackName } from './configuration.ts';
import { StackFinder } from './find-stack.ts';
import { EntryError } from './mutate.ts';
import type { Step } from './plan.ts';
import { MetricPlanner } from './plan-metrics.ts';
import { PolicyPlanner } from './plan-policies.ts';
import { RulePlanner } from './plan-rules.ts';
import { StackPlanner } from './plan-stacks.ts';

export interface Output {
  readonly write: (text: string) => unknown;
}

/** One file held against one server. */
export class ApplyRun {
  readonly #configuration: Configuration;
  readonly #errors: Output;
  readonly #stackFinder: StackFinder;
  readonly #stacks: StackPlanner;
  readonly #policies: PolicyPlanner;
  readonly #rules: RulePlanner;
  readonly #metrics: MetricPlanner;
  readonly #failed = new Set<Entry>();
  #total = 0;

  constructor(client: GraphqlClient, configuration: Configuration, errors: Output) {
    this.#configuration = configuration;
    this.#errors = errors;
    const stacks = configuration.entries.filter(({ section }) => section === 'autostacks');
    this.#stackFinder = new StackFinder(client, stacks.map(readStackName));
    this.#stacks = new StackPlanner(client, this.#stackFinder);
    this.#policies = new PolicyPlanner(client);
    this.#rules = new RulePlanner(client, this.#stackFinder);
    this.#metrics = new MetricPlanner(client, this.#stackFinder);
  }

  get failed(): number {
    return this.#failed.size;
  }

  get total(): number {
    return this.#total;
  }

  /** What is to be done, in the order in which it is: what others name comes first and goes last. @throws RemoteError */
  async plan(): Promise<readonly Step[]> {
    const { entries, deletions } = this.#configuration;
    const steps: Step[] = [];
    for (const entry of entries) steps.push(...(await this.#planEntry(entry)));
    for (const entry of deletions.toReversed()) steps.push(...(await this.#planDeletion(entry)));
    return steps;
  }

  /** @returns the steps that were done @throws RemoteError when the server does not answer any more */
  async apply(steps: readonly Step[]): Promise<readonly Step[]> {
    const done: Step[] = [];
    for (const step of steps) {
      if (step.action === 'none') continue;
      if ((await this.#attempt(step.entry, step.run)) !== null) done.push(step);
    }
    return done;
  }

  async #planEntry(entry: Entry): Promise<readonly Step[]> {
    const step = await this.#planOne(entry, () => this.#choosePlan(entry));
    if (entry.section !== 'autostacks') return step;
    const metrics: Step[] = [];
    const stack = readStackName(entry);
    for (const metric of listStackMetrics(entry)) {
      const isNew = step[0]?.action === 'add';
      metrics.push(...(await this.#planOne(metric, () => this.#metrics.planOfStack(metric, stack, isNew))));
    }
    return [...step, ...metrics];
  }

  #choosePlan(entry: Entry): Promise<Step> {
    switch (entry.section) {
      case 'autostacks':
        return this.#stacks.plan(entry);
      case 'monitoringPolicies':
        return this.#policies.plan(entry);
      case 'notificationRules':
        return this.#rules.plan(entry);
      case 'metrics':
        return this.#metrics.plan(entry);
    }
  }

  #planDeletion(entry: Entry): Promise<readonly Step[]> {
    const planners = {
      autostacks: this.#stacks,
      monitoringPolicies: this.#policies,
      notificationRules: this.#rules,
    };
    const { section } = entry;
    if (section === 'metrics') throw new Error('metrics are not deleted by a file');
    return this.#planOne(entry, () => planners[section].planDeletion(entry));
  }

  async #planOne(entry: Entry, plan: () => Promise<Step>): Promise<readonly Step[]> {
    this.#total += 1;
    const step = await this.#attempt(entry, plan);
    return step === null ? [] : [step];
  }

  /** @returns null when the entry failed, which was printed @throws RemoteError when the server does not answer */
  async #attempt<T>(entry: Entry, act: () => Promise<T>): Promise<T | null> {
    try {
      return await act();
    } catch (error) {
      const isOfEntry = error instanceof EntryError || (error instanceof RemoteError && error.isAnswer);
      if (!isOfEntry) throw error;
      const path = error instanceof EntryError ? error.path : error.inputPath;
      this.#errors.write(`${entry.locate(path)}: ${entry.title}: ${error.message}\n`);
      this.#failed.add(entry);
      return null;
    }
  }
}

/** The metrics of an autostack's entry, as entries of their own. */
function listStackMetrics(stack: Entry): readonly Entry[] {
  const metrics = (stack.value.metrics ?? []) as readonly Readonly<Record<string, unknown>>[]; // as the format has it
  return metrics.map((value, index) => ({
    section: 'metrics',
    title: `metric ${String(value.namespace)}/${String(value.metric)} of ${stack.title}`,
    value,
    locate: () => stack.locate(['metrics', String(index)]),
  }));
}
