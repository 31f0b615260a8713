/** The views of the page, and what is done in each before it is looked at. */
import type { Page } from 'playwright-core';

export interface View {
  readonly name: string;
  readonly path: string;
  /** What is done there before it is looked at. */
  readonly act?: (page: Page) => Promise<unknown>;
  /** Only what is on the screen: a dialog, or what does not scroll. */
  readonly isScreen?: boolean;
}

const press = (name: string | RegExp) => (page: Page) =>
  page
    .getByRole('button', { name, exact: typeof name === 'string' })
    .first()
    .click();

const openAll = async (page: Page) => {
  const closed = page.locator('details:not([open]) > summary');
  while ((await closed.count()) > 0) await closed.first().click();
};

const search = (text: string) => async (page: Page) => {
  await page.keyboard.press('ControlOrMeta+k');
  await page.getByRole('dialog').getByRole('combobox').fill(text);
};

const saveView = async (page: Page) => {
  await press(/Favourite/)(page);
  await press('Views')(page);
  await page.getByLabel('Name of this view').fill('Connections of the database');
  await press('Save this view')(page);
};

const makePanel = async (page: Page) => {
  await press('Embed…')(page);
  await press('Create link')(page);
  await page.getByRole('group', { name: 'New link' }).waitFor();
};

const showPanel = async (page: Page) => {
  await makePanel(page);
  const texts = await page.getByRole('group', { name: 'New link' }).locator('pre').allTextContents();
  await page.goto(texts.find((text) => text.startsWith('http')) ?? 'no address');
};

/** Of a server with everything. @param metrics ids by name */
export function listViews(metrics: ReadonlyMap<string, string>): readonly View[] {
  const metric = (name: string) => `/metric/${encodeURIComponent(metrics.get(name) ?? '')}`;
  const failing = metric('db-1.connections');
  const long = [...metrics.keys()].find((name) => name.length > 80) ?? '';
  return [
    { name: 'overview-2h', path: '/?window=HOURS' },
    { name: 'overview-24h-open', path: '/?window=DAYS&open=shop%2Fweb-2' },
    { name: 'overview-8d', path: '/?window=WEEKS' },
    {
      name: 'overview-interval',
      path: '/?window=HOURS',
      act: (page) => page.locator('.rate button.red').last().click(),
    },
    { name: 'overview-range-dialog', path: '/?window=HOURS', act: press('Choose range'), isScreen: true },
    { name: 'overview-no-match', path: '/?q=nothing-has-this-name' },
    { name: 'overview-compact', path: '/?window=DAYS', act: press('Compact') },
    { name: 'metric', path: `${failing}?last=3h` },
    { name: 'metric-all-open', path: `${metric('web-2.latency')}?last=3d&before=1d`, act: openAll },
    {
      name: 'metric-compared',
      path: `${failing}?last=3h&with=${encodeURIComponent(metrics.get('payments.latency') ?? '')}`,
    },
    { name: 'metric-compare-dialog', path: failing, act: press('Compare with …'), isScreen: true },
    { name: 'metric-silence-dialog', path: failing, act: press('Silence…'), isScreen: true },
    { name: 'metric-embed-dialog', path: failing, act: makePanel, isScreen: true },
    { name: 'metric-panel', path: failing, act: showPanel, isScreen: true },
    { name: 'metric-delete-dialog', path: failing, act: press('Delete'), isScreen: true },
    { name: 'metric-silent', path: metric('boiler.temperature') },
    { name: 'metric-waiting', path: metric('waiting.metric') },
    { name: 'metric-learning', path: metric('learning.metric') },
    { name: 'metric-unmonitored', path: metric('web-4.cpu') },
    { name: 'metric-long-name', path: metric(long) },
    { name: 'metric-unknown', path: '/metric/Metric%3A0' },
    { name: 'incidents', path: '/incidents' },
    { name: 'incidents-all', path: '/incidents?show=ALL' },
    {
      name: 'incidents-acknowledge-dialog',
      path: '/incidents',
      act: press(/^Acknowledge all/),
      isScreen: true,
    },
    {
      name: 'incident',
      path: '/incidents',
      act: (page) => page.getByRole('article').first().getByRole('link').first().click(),
    },
    { name: 'incident-unknown', path: '/incidents/Incident%3A0' },
    { name: 'unmonitored', path: '/unmonitored' },
    { name: 'rules', path: '/rules' },
    { name: 'rule-new', path: '/rules/new' },
    { name: 'rule-edit-open', path: '/rules', act: openRule },
    { name: 'maintenance', path: '/maintenance' },
    { name: 'messages', path: '/messages' },
    ...['', '/autostack', '/influxdb', '/prometheus', '/pushed', '/transfer'].map((flow) => ({
      name: `add${flow.replace('/', '-')}`,
      path: `/add${flow}`,
    })),
    { name: 'server', path: '/server' },
    { name: 'server-keys', path: '/server/keys' },
    { name: 'server-audit', path: '/server/audit' },
    { name: 'search-empty', path: failing, act: search(''), isScreen: true },
    { name: 'search-found', path: '/', act: search('payments'), isScreen: true },
    { name: 'search-nothing', path: '/', act: search('nothing-has-this-name'), isScreen: true },
    { name: 'saved-views', path: failing, act: saveView, isScreen: true },
    { name: 'wall-screen', path: '/?wall=1&window=HOURS', isScreen: true },
    { name: 'not-found', path: '/nowhere' },
  ];
}

async function openRule(page: Page): Promise<void> {
  await page.getByRole('article').first().getByRole('link', { name: 'Edit' }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await openAll(page);
}

/** Of a server with nothing, once it knows who this is. */
export const EMPTY: readonly View[] = [
  '/',
  '/incidents',
  '/unmonitored',
  '/rules',
  '/maintenance',
  '/messages',
  '/server',
  '/server/keys',
  '/?wall=1',
].map((path) => ({ name: `empty${path.replaceAll(/\W+/g, '-').replace(/-$/, '')}`, path }));

/** The last one: from then on the server asks for a key. */
export const NEW_KEY: View = {
  name: 'server-keys-new',
  path: '/server/keys',
  act: async (page) => {
    await page.getByLabel('Name of the key').fill('administration');
    await press('Create key')(page);
    await page.getByRole('region', { name: 'The new key' }).waitFor();
  },
};

/** Without an answer of the server. */
export const FAILED: readonly View[] = [
  { name: 'failed-overview', path: '/' },
  { name: 'failed-metric', path: '/metric/Metric%3A1' },
  { name: 'failed-rules', path: '/rules' },
  { name: 'failed-wall-screen', path: '/?wall=1', isScreen: true },
];
