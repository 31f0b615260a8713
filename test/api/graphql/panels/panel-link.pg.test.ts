/** Panel links through the API: made, listed, revoked; who may, what is written where, and whose they are. */
import { parse, print } from 'graphql';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PANEL_QUERY, PANEL_SUBSCRIPTION } from '../../../../src/api/graphql/panels/panel-documents.ts';
import { ask, read } from '../../../helpers/ask.ts';
import { anyText } from '../../../helpers/matchers.ts';
import { createLink, revokeLink } from '../../http/embed/embedded.ts';
import { startKeyedServer } from '../keyed-server.ts';
import { CANARY, startTwoAccounts, type TwoAccounts } from '../two-accounts.ts';

let accounts: TwoAccounts;
beforeAll(async () => {
  accounts = await startTwoAccounts();
});
afterAll(() => accounts[Symbol.asyncDispose]());

const LIST = `query ($metricId: ID, $active: Boolean) {
  panelLinks(metricId: $metricId, active: $active) { totalCount nodes { id state } } }`;
const NODE = 'query ($id: ID!) { node(id: $id) { id } }';
const CREATE = `mutation ($input: CreatePanelLinkInput!) { createPanelLink(input: $input) { __typename ... on Error { code message } } }`;
const REVOKE = `mutation ($id: ID!) { revokePanelLink(input: { id: $id }) { __typename ... on Error { code } } }`;

interface Listed {
  readonly panelLinks: { readonly totalCount: number; readonly nodes: readonly { readonly id: string }[] };
}

describe('panel links', () => {
  it('are made, listed, and revoked for good; who did what is in the audit log', async () => {
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    const link = await createLink(accounts.admin, accounts.ids.metric, {
      hours: 6,
      theme: 'LIGHT',
      expiresAt,
    });
    expect(link).toMatchObject({
      hours: 6,
      theme: 'LIGHT',
      state: 'ACTIVE',
      createdBy: 'LAPWING_API_KEY',
      expiresAt,
      metric: { name: `${CANARY}.metric` },
    });
    const ofMetric = { metricId: accounts.ids.metric };
    expect(await read(accounts.admin, LIST, ofMetric)).toEqual({
      panelLinks: { totalCount: 1, nodes: [{ id: link.id, state: 'ACTIVE' }] },
    });
    expect(await read(accounts.admin, NODE, { id: link.id })).toEqual({ node: { id: link.id } });
    await revokeLink(accounts.admin, link.id);
    await revokeLink(accounts.admin, link.id);
    expect((await read<Listed>(accounts.admin, LIST, ofMetric)).panelLinks.totalCount).toBe(0);
    expect(await read(accounts.admin, LIST, { ...ofMetric, active: false })).toMatchObject({
      panelLinks: { totalCount: 1, nodes: [{ id: link.id, state: 'REVOKED' }] },
    });
    const { auditLog } = await read<{ auditLog: { nodes: unknown } }>(
      accounts.admin,
      '{ auditLog(filter: { fields: ["createPanelLink", "revokePanelLink"] }) { nodes { field result } } }',
    );
    expect(auditLog.nodes).toEqual([
      { field: 'revokePanelLink', result: 'PanelLink' },
      { field: 'revokePanelLink', result: 'PanelLink' },
      { field: 'createPanelLink', result: 'PanelLink' },
    ]);
  });

  it('are at LAPWING_PUBLIC_URL, in an iframe that no name breaks out of', async () => {
    const { url, html } = await createLink(accounts.admin, accounts.ids.metric, { theme: 'DARK' });
    // That of the login of two accounts.
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/embed\/[\w-]{22}\.[\w-]{43}\?theme=dark$/);
    expect(new URL(url).origin).not.toBe(accounts.server.url);
    expect(html).toContain(`<iframe src="${url}" title="${CANARY}.metric"`);
    const name = `"><script>alert('x')</script>&`;
    await accounts.server.engine.accept.acceptNamed([{ metric: name, timestampMs: Date.now(), value: 1 }]);
    const id = accounts.server.engine.registry.byIdentity('CUSTOM', name)?.id ?? '';
    const hostile = await createLink(accounts.admin, `Metric:${id}`);
    expect(hostile.html.match(/[<>]/g)).toEqual(['<', '>', '<', '>']);
    // Around seven attributes.
    expect(hostile.html.match(/"/g)).toHaveLength(14);
  });

  it.each(['a key', 'a user'] as const)(
    'of one account are not another one’s to see, to make or to revoke, by %s',
    async (who) => {
      const stranger = accounts.strangers[who];
      const { id } = await createLink(accounts.admin, accounts.ids.metric);
      const input = { metricId: accounts.ids.metric };
      expect((await ask(stranger, CREATE, { input })).data).toMatchObject({
        createPanelLink: { code: 'NOT_FOUND' },
      });
      expect((await ask(stranger, REVOKE, { id })).data).toMatchObject({
        revokePanelLink: { code: 'NOT_FOUND' },
      });
      expect(await read(stranger, NODE, { id })).toEqual({ node: null });
      expect((await read<Listed>(stranger, LIST, {})).panelLinks.nodes.map((link) => link.id)).not.toContain(
        id,
      );
      expect(
        (await read<Listed>(accounts.admin, LIST, {})).panelLinks.nodes.map((link) => link.id),
      ).toContain(id);
      const own = accounts.server.engine.registry;
      const metric = [...own.all()].find((entry) => entry.name === 'own.metric');
      const link = await createLink(stranger, `Metric:${metric?.id ?? ''}`);
      const shown = await fetch(`${accounts.server.url}${new URL(link.url).pathname}/data`);
      expect(await shown.json()).toMatchObject({ data: { metric: { name: 'own.metric' } } });
      expect(await read(stranger, LIST, { metricId: `Metric:${metric?.id ?? ''}` })).toMatchObject({
        panelLinks: { nodes: [{ id: link.id }] },
      });
      await revokeLink(stranger, link.id);
    },
  );

  it.each([
    [{ hours: 0 }, 'input.hours: expected 1 to 336, got 0'],
    [{ hours: 337 }, 'input.hours: expected 1 to 336, got 337'],
    [
      { expiresAt: '2020-01-01T00:00:00Z' },
      'input.expiresAt: expected a time to come, got 2020-01-01T00:00:00.000Z',
    ],
    [{ metricId: 'Metric:none' }, anyText],
  ])('are not made of %j', async (wrong, message) => {
    const input = { metricId: accounts.ids.metric, ...wrong };
    const { data } = await ask(accounts.admin, CREATE, { input });
    expect(data).toEqual({
      createPanelLink: { __typename: 'InvalidInputError', code: 'INVALID_INPUT', message },
    });
  });

  it('are a hundred of one metric at most, and those that ended do not count', async () => {
    const { pool } = accounts.server.database;
    const metricId = accounts.ids.metric.slice('Metric:'.length);
    await pool.query(
      `INSERT INTO panel_link (metric_id, hours, created_by, expires_at) SELECT $1, 24, 'many', now() + interval '1 hour'
       FROM generate_series(1, 100)`,
      [metricId],
    );
    const input = { metricId: accounts.ids.metric };
    expect((await ask(accounts.admin, CREATE, { input })).data).toMatchObject({
      createPanelLink: { code: 'QUOTA_EXCEEDED' },
    });
    await pool.query(
      `UPDATE panel_link SET revoked_at = now() - interval '31 days' WHERE created_by = 'many'`,
    );
    await createLink(accounts.admin, accounts.ids.metric);
    const { rows } = await pool.query(`SELECT FROM panel_link WHERE created_by = 'many'`);
    expect(rows).toHaveLength(0);
  });

  it('are a hundred at most, too, of those that are asked for at once', async () => {
    const { pool } = accounts.server.database;
    const metricId = accounts.ids.metric.slice('Metric:'.length);
    await pool.query('DELETE FROM panel_link');
    await pool.query(
      `INSERT INTO panel_link (metric_id, hours, created_by) SELECT $1, 24, 'many' FROM generate_series(1, 97)`,
      [metricId],
    );
    const input = { metricId: accounts.ids.metric };
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => ask(accounts.admin, CREATE, { input })),
    );
    const made = answers.filter(({ data }) => JSON.stringify(data).includes('"PanelLink"'));
    expect(made).toHaveLength(3);
    await pool.query('DELETE FROM panel_link');
  });

  it('are for WRITE alone: a key that may only read neither makes nor sees any', async () => {
    await using keyed = await startKeyedServer();
    await keyed.server.engine.accept.acceptNamed([{ metric: 'm', timestampMs: Date.now(), value: 1 }]);
    const metricId = `Metric:${keyed.server.engine.registry.byIdentity('CUSTOM', 'm')?.id ?? ''}`;
    const reader = await keyed.createKey('reader', ['READ']);
    const { id } = await createLink(await keyed.createKey('writer', ['WRITE']), metricId);
    expect(await ask(reader, LIST, {})).toMatchObject({ status: 403 });
    expect(await ask(reader, CREATE, { input: { metricId } })).toMatchObject({ status: 403 });
    expect(await ask(reader, REVOKE, { id })).toMatchObject({ status: 403 });
    expect(await read(reader, NODE, { id })).toEqual({ node: null });
    expect(await read(reader, 'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: [id] })).toEqual({
      nodes: [null],
    });
    expect(await read(keyed.admin, NODE, { id })).toEqual({ node: { id } });
  });
});

it('what a panel asks for is what the page was typed by', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../../src/web/embed/panel.graphql'), 'utf8');
  expect(print(parse(text))).toBe(print(parse(`${PANEL_QUERY}\n${PANEL_SUBSCRIPTION}`)));
});
