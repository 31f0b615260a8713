/**
 * Links that show one metric without a key, to be put into other pages. Such a link outlives the request that asks for it:
 * to make one, and to see those there are, takes what it takes to change the metric. READ alone would let somebody who
 * may only look leave a way in behind.
 */
import { queryFromInfo } from '@pothos/plugin-prisma';
import { mayDo } from '../../../core/access/caller.ts';
import { isOpen } from '../../../core/access/panel-links/panel-link-store.ts';
import {
  MAX_PANEL_HOURS,
  MIN_PANEL_HOURS,
  type PanelLinkState,
} from '../../../core/access/panel-links/panel-links.ts';
import { NotFoundError, QuotaExceededError } from '../../../errors.ts';
import type { PanelTheme } from '../../../generated/prisma/client.ts';
import { builder } from '../builder/builder.ts';
import { describeValues } from '../builder/enums.ts';
import { defineIdInput, resultUnion } from '../builder/field-options.ts';
import type { Context } from '../builder/context.ts';
import { readIdOf, readMetricId } from '../builder/node-id.ts';
import { readNumberedPage } from '../builder/numbered-page.ts';
import { MetricRef } from '../metrics/metric.ts';
import { requireEntry } from '../metrics/registry-metric.ts';

const DEFAULT_HOURS = 24;
/** No row has it: they begin at 1. */
const NO_NUMBER = -1n;

const PanelThemeRef = builder.enumType('PanelTheme', {
  description: 'The colours of a panel.',
  values: describeValues({
    LIGHT: 'Dark on light.',
    DARK: 'Light on dark.',
  }),
});

const PanelLinkStateRef = builder.enumType('PanelLinkState', {
  description: 'Whether a panel link shows anything.',
  values: describeValues<PanelLinkState>({
    ACTIVE: 'It shows its metric.',
    EXPIRED: 'Its time is over.',
    REVOKED: 'It was revoked.',
    CREATOR_REVOKED:
      'The key that made it has ended, or the user who made it lost the right to, or was not confirmed by the provider for 30 days.',
  }),
});

const PanelLinkRef = builder.prismaNode('PanelLink', {
  description:
    'An address that shows a live chart of one metric to anybody who has it, without a key, to be put into a wiki or a status page as an iframe. It shows nothing else, and ends with the metric, and with the key that made it. With less than WRITE there are none.',
  nullable: true,
  id: { resolve: ({ id }) => id },
  // `node` needs no more than READ.
  findUnique: (id, { caller }) => (mayDo(caller, 'WRITE') ? { id } : { id, number: NO_NUMBER }),
  fields: (t) => ({
    metric: t.relation('metric', { type: MetricRef, nullable: true, description: 'What it shows.' }),
    url: t.string({
      select: { id: true, theme: true },
      description:
        'Where it is: at LAPWING_PUBLIC_URL, where that is set, at the address this request came to otherwise; over WebSocket then only its path. `?theme=light` and `?theme=dark` choose the colours.',
      resolve: (link, _args, context) => writeAddress(link, context),
    }),
    html: t.string({
      select: { id: true, theme: true, metric: { select: { name: true } } },
      description:
        'An iframe that shows it. Pages of other origins may embed it only where LAPWING_EMBED_ORIGINS lists them.',
      resolve: (link, _args, context) => writeFrame(writeAddress(link, context), link.metric.name),
    }),
    hours: t.exposeInt('hours', { description: 'How much of the newest it shows.' }),
    theme: t.expose('theme', {
      type: PanelThemeRef,
      nullable: true,
      description: 'Its colours; null for those of the device it is shown on.',
    }),
    state: t.field({
      type: PanelLinkStateRef,
      select: {
        id: true,
        metricId: true,
        hours: true,
        theme: true,
        keyId: true,
        userIssuer: true,
        userSubject: true,
        expiresAt: true,
        revokedAt: true,
        metric: { select: { accountId: true } },
      },
      description: 'Whether it shows anything now.',
      resolve: (link, _args, { panelLinks }) => panelLinks.stateOf(link, link.metric.accountId),
    }),
    createdBy: t.exposeString('createdBy', { description: 'Name of the key or the user that made it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'From when on it shows nothing; null for never.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null while it is not.',
    }),
  }),
});

function writeAddress(
  { id, theme }: { readonly id: string; readonly theme: PanelTheme | null },
  { panelLinks, facts, request }: Context,
): string {
  const path = `/embed/${panelLinks.tokenOf(id)}${theme === null ? '' : `?theme=${theme.toLowerCase()}`}`;
  if (facts.publicUrl !== null) return `${facts.publicUrl}${path}`;
  return request === undefined ? path : new URL(path, request.url).href;
}

function writeFrame(url: string, name: string): string {
  return `<iframe src="${escapeText(url)}" title="${escapeText(name)}" width="600" height="300" style="border: 0" loading="lazy" referrerpolicy="no-referrer"></iframe>`;
}

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

builder.queryField('panelLinks', (t) =>
  t.connection(
    {
      type: PanelLinkRef,
      nullable: true,
      extensions: { scope: 'WRITE' },
      description: 'Panel links, the newest first.',
      args: {
        metricId: t.arg.id({ description: 'Only of this metric, as read from `Metric.id`.' }),
        active: t.arg.boolean({
          defaultValue: true,
          description: 'Only those neither revoked nor expired; with false those too, for 30 days.',
        }),
      },
      resolve: (_root, { metricId, active, ...args }, context, info) => {
        const where = {
          ...(metricId == null ? {} : { metricId: readMetricId(metricId, ['metricId']) }),
          ...(active === false ? {} : isOpen(new Date())),
        };
        return readNumberedPage(
          args,
          (number, order, take) =>
            context.prisma.panelLink.findMany({
              ...queryFromInfo({ context, info, paths: [['nodes'], ['edges', 'node']], include: {} }),
              where: { number, ...where },
              orderBy: { number: order },
              take,
            }),
          () => context.prisma.panelLink.count({ where }),
        );
      },
    },
    { name: 'PanelLinkConnection', description: 'One page of panel links.' },
    { name: 'PanelLinkEdge', description: 'A panel link and its place in the list.' },
  ),
);

const CreatePanelLinkInputRef = builder.inputType('CreatePanelLinkInput', {
  description: 'What to show, how, and for how long.',
  fields: (t) => ({
    metricId: t.id({ required: true, description: 'The metric, as read from `Metric.id`.' }),
    hours: t.int({
      defaultValue: DEFAULT_HOURS,
      description: `How much of the newest it shows, ${MIN_PANEL_HOURS} to ${MAX_PANEL_HOURS}.`,
    }),
    theme: t.field({
      type: PanelThemeRef,
      description: 'Its colours; those of the device it is shown on when left out.',
    }),
    expiresAt: t.field({
      type: 'DateTime',
      description: 'From when on it shows nothing; never when left out.',
    }),
  }),
});

const RevokePanelLinkInputRef = defineIdInput(
  'RevokePanelLinkInput',
  'PanelLink',
  'The panel link to revoke.',
);

builder.mutationFields((t) => ({
  createPanelLink: t.prismaField({
    type: PanelLinkRef,
    nullable: true,
    description:
      'Makes an address that shows one metric to anybody who has it. It ends with the key that makes it; made by a user who signed in, when the user loses the right to make it or was not confirmed by the provider for 30 days, not with the session.',
    errors: resultUnion([NotFoundError, QuotaExceededError], 'The link, or why there is none.'),
    args: {
      input: t.arg({ type: CreatePanelLinkInputRef, required: true, description: 'What it is to show.' }),
    },
    resolve: async (query, _root, { input }, { panelLinks, caller, registry, prisma }) => {
      const { id: metricId } = requireEntry(registry, input.metricId, ['input', 'metricId']);
      const { hours, theme, expiresAt } = input;
      const wanted = {
        metricId,
        hours: hours ?? DEFAULT_HOURS,
        theme: theme ?? null,
        expiresAt: expiresAt ?? null,
      };
      const { id } = await panelLinks.create(wanted, caller);
      return prisma.panelLink.findUnique({ ...query, where: { id } });
    },
  }),
  revokePanelLink: t.prismaField({
    type: PanelLinkRef,
    nullable: true,
    description: 'Ends a panel link for good; panels that show it end within a second. It may be repeated.',
    errors: resultUnion([NotFoundError], 'The link as it is now, or why it was not revoked.'),
    args: { input: t.arg({ type: RevokePanelLinkInputRef, required: true, description: 'Which link.' }) },
    resolve: async (query, _root, { input }, { panelLinks, prisma }) => {
      const { id } = await panelLinks.revoke(readIdOf('PanelLink', input.id, ['input', 'id']));
      return prisma.panelLink.findUnique({ ...query, where: { id } });
    },
  }),
}));
