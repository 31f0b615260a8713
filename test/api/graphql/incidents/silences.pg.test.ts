/** Silences through the API: made, listed, ended, each account its own. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, read } from '../../../helpers/ask.ts';
import { CANARY, startTwoAccounts, type TwoAccounts } from '../two-accounts.ts';

let accounts: TwoAccounts;
beforeAll(async () => {
  accounts = await startTwoAccounts();
});
afterAll(() => accounts[Symbol.asyncDispose]());

const CREATE = `mutation ($input: CreateSilenceInput!) { createSilence(input: $input) {
  __typename ... on Silence { id server active comment createdBy metric { name } } ... on Error { code message } } }`;
const END = `mutation ($id: ID!) { endSilence(input: { id: $id }) {
  __typename ... on Silence { active } ... on Error { code } } }`;
const LIST = `query ($active: Boolean) { silences(active: $active) { totalCount nodes { id active } } }`;

interface Created {
  readonly createSilence: { readonly id: string };
}

describe('silences', () => {
  it('are made of metrics and resources, listed while they last, and ended', async () => {
    const input = { metricId: accounts.ids.metric, seconds: 3600, comment: 'deploy', by: 'ada' };
    const { createSilence: ofMetric } = await read<Created>(accounts.admin, CREATE, { input });
    expect(ofMetric).toMatchObject({
      active: true,
      server: null,
      comment: 'deploy',
      createdBy: 'ada',
      metric: { name: `${CANARY}.metric` },
    });
    const server = { server: `${CANARY}.metric`, seconds: 60 };
    const { createSilence: ofServer } = await read<Created>(accounts.admin, CREATE, { input: server });
    expect(ofServer).toMatchObject({ server: `${CANARY}.metric`, metric: null });
    expect(await read(accounts.admin, LIST)).toEqual({
      silences: {
        totalCount: 2,
        nodes: [
          { id: ofServer.id, active: true },
          { id: ofMetric.id, active: true },
        ],
      },
    });
    expect(await read(accounts.admin, END, { id: ofServer.id })).toEqual({
      endSilence: { __typename: 'Silence', active: false },
    });
    expect(await read(accounts.admin, LIST)).toMatchObject({ silences: { totalCount: 1 } });
    expect(await read(accounts.admin, LIST, { active: false })).toMatchObject({
      silences: { totalCount: 2 },
    });
    expect(
      await read(accounts.admin, `query ($id: ID!) { node(id: $id) { id } }`, { id: ofServer.id }),
    ).toEqual({
      node: { id: ofServer.id },
    });
  });

  it('of one account are not another one’s to see, to make or to end', async () => {
    const input = { metricId: accounts.ids.metric, seconds: 3600 };
    const { createSilence } = await read<Created>(accounts.admin, CREATE, { input });
    expect(await read(accounts.stranger, LIST, { active: false })).toMatchObject({
      silences: { totalCount: 0 },
    });
    for (const part of [input, { server: `${CANARY}.metric`, seconds: 3600 }]) {
      const { data } = await ask(accounts.stranger, CREATE, { input: part });
      expect(data).toMatchObject({ createSilence: { code: 'NOT_FOUND' } });
    }
    const { data } = await ask(accounts.stranger, END, { id: createSilence.id });
    expect(data).toMatchObject({ endSilence: { code: 'NOT_FOUND' } });
    const own = await read(accounts.stranger, CREATE, { input: { server: 'own.metric', seconds: 60 } });
    expect(own).toMatchObject({ createSilence: { __typename: 'Silence' } });
  });

  it('of a resource that two accounts have are each account’s own', async () => {
    for (const asker of [accounts.admin, accounts.stranger]) {
      await read(
        asker,
        `mutation { putMetricData(input: { points: [
           { metric: "cpu", resource: "shared", timestamp: "2026-01-01T00:00:00Z", value: 1 }] }) { accepted } }`,
      );
    }
    const input = { server: 'shared', seconds: 60 };
    const own = await read(accounts.stranger, CREATE, { input });
    expect(own).toMatchObject({ createSilence: { __typename: 'Silence', server: 'shared' } });
    const { data } = await ask(accounts.admin, CREATE, { input });
    expect(data).toMatchObject({ createSilence: { code: 'INVALID_INPUT' } });
  });

  it('are shown at each metric they concern while they last, the one that ends last first, and at no other', async () => {
    const [CPU, DISK, NET] = ['cpu;resource=host', 'disk;resource=host', 'net;resource=elsewhere'] as const;
    const points = ['cpu', 'disk', 'net'].map(
      (name) =>
        `{ metric: "${name}", resource: "${name === 'net' ? 'elsewhere' : 'host'}", timestamp: "2026-01-01T00:00:00Z", value: 1 }`,
    );
    for (const asker of [accounts.admin, accounts.stranger]) {
      await read(asker, `mutation { putMetricData(input: { points: [${points.join()}] }) { accepted } }`);
    }
    interface Listed {
      metrics: { nodes: { id: string; name: string; silences: { id: string }[] }[] };
    }
    const listed = async (asker: TwoAccounts['admin']) => {
      const { metrics } = await read<Listed>(asker, '{ metrics { nodes { id name silences { id } } } }');
      return metrics.nodes;
    };
    const shown = async (asker: TwoAccounts['admin']) =>
      Object.fromEntries(
        (await listed(asker)).map(({ name, silences }) => [name, silences.map(({ id }) => id)]),
      );
    const disk = (await listed(accounts.stranger)).find(({ name }) => name === DISK)?.id;
    const make = async (input: object) =>
      (await read<Created>(accounts.stranger, CREATE, { input })).createSilence.id;
    const brief = await make({ metricId: disk, seconds: 60 });
    const long = await make({ metricId: disk, seconds: 7200 });
    const ofHost = await make({ server: 'host', seconds: 3600 });
    expect(await shown(accounts.stranger)).toMatchObject({
      [CPU]: [ofHost],
      [DISK]: [long, ofHost, brief],
      [NET]: [],
    });
    // Of both accounts: the resource of the other one, by the same name, is not silenced.
    const ofBoth = (await listed(accounts.admin)).filter(({ name }) => name === CPU);
    expect(ofBoth.map(({ silences }) => silences.length).toSorted()).toEqual([0, 1]);
    await read(accounts.stranger, END, { id: ofHost });
    expect(await shown(accounts.stranger)).toMatchObject({ [CPU]: [], [DISK]: [long, brief], [NET]: [] });
  });

  it.each([
    [{ seconds: 60 }, 'INVALID_INPUT'],
    [{ server: 'own.metric', seconds: 1 }, 'INVALID_INPUT'],
    [{ metricId: 'nonsense', seconds: 60 }, 'INVALID_INPUT'],
    [{ server: 'nobody', seconds: 60 }, 'NOT_FOUND'],
  ])('of %j are a typed error', async (input, code) => {
    const { data } = await ask(accounts.admin, CREATE, { input });
    expect(data).toMatchObject({ createSilence: { code } });
  });
});
