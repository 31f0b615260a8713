/** The bodies the providers document, with their limits: what is not documented is refused, as is what is too long. */
import { z } from 'zod';

const bytesUpTo = (limit: number) => (text: string) => Buffer.byteLength(text) <= limit;
const link = z.url({ protocol: /^https?$/ });

/** https://developer.pagerduty.com/docs/events-api-v2/trigger-events/ */
const pagerDutyKeys = { routing_key: z.string().length(32), dedup_key: z.string().min(1).max(255) };
export const pagerDutyEvent = z.discriminatedUnion('event_action', [
  z.strictObject({
    ...pagerDutyKeys,
    event_action: z.literal('trigger'),
    client: z.string().optional(),
    client_url: link.optional(),
    links: z.array(z.strictObject({ href: link, text: z.string() })).optional(),
    images: z
      .array(z.strictObject({ src: link, href: link.optional(), alt: z.string().optional() }))
      .optional(),
    payload: z.strictObject({
      summary: z.string().min(1).max(1024),
      source: z.string().min(1),
      severity: z.enum(['critical', 'error', 'warning', 'info']),
      timestamp: z.iso.datetime().optional(),
      component: z.string().optional(),
      group: z.string().optional(),
      class: z.string().optional(),
      custom_details: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
  z.strictObject({ ...pagerDutyKeys, event_action: z.enum(['acknowledge', 'resolve']) }),
]);

/** https://docs.opsgenie.com/docs/alert-api#create-alert */
export const opsgenieAlert = z.strictObject({
  message: z.string().min(1).max(130),
  alias: z.string().max(512).optional(),
  description: z.string().max(15_000).optional(),
  tags: z.array(z.string().max(50)).max(20).optional(),
  details: z
    .record(z.string(), z.string())
    .refine((details) => Object.entries(details).flat().join('').length <= 8000)
    .optional(),
  entity: z.string().max(512).optional(),
  source: z.string().max(100).optional(),
  priority: z.enum(['P1', 'P2', 'P3', 'P4', 'P5']).optional(),
});
/** https://docs.opsgenie.com/docs/alert-api#close-alert */
export const opsgenieClose = z.strictObject({
  user: z.string().max(100).optional(),
  source: z.string().max(100).optional(),
  note: z.string().max(25_000).optional(),
});

/** https://learn.microsoft.com/connectors/teams/#microsoft-teams-webhook, https://adaptivecards.io/explorer/AdaptiveCard.html */
export const teamsMessage = z.strictObject({
  type: z.literal('message'),
  attachments: z
    .array(
      z.strictObject({
        contentType: z.literal('application/vnd.microsoft.card.adaptive'),
        contentUrl: z.null(),
        content: z.strictObject({
          $schema: z.literal('http://adaptivecards.io/schemas/adaptive-card.json'),
          type: z.literal('AdaptiveCard'),
          version: z.enum(['1.2', '1.3', '1.4']),
          body: z.array(
            z.strictObject({
              type: z.literal('TextBlock'),
              text: z.string().min(1),
              weight: z.enum(['Lighter', 'Default', 'Bolder']).optional(),
              size: z.enum(['Small', 'Default', 'Medium', 'Large']).optional(),
              color: z.enum(['Default', 'Accent', 'Good', 'Warning', 'Attention']).optional(),
              spacing: z.enum(['None', 'Small', 'Default']).optional(),
              wrap: z.boolean().optional(),
            }),
          ),
          actions: z.array(
            z.strictObject({ type: z.literal('Action.OpenUrl'), title: z.string().min(1), url: link }),
          ),
          msteams: z.strictObject({ width: z.literal('Full') }),
        }),
      }),
    )
    .length(1),
});
export const TEAMS_MAX_BYTES = 28_000;

/** https://discord.com/developers/docs/resources/webhook#execute-webhook, …/resources/message#embed-object-embed-limits */
export const discordMessage = z.strictObject({
  embeds: z
    .array(
      z.strictObject({
        title: z.string().min(1).max(256),
        description: z.string().max(4096),
        // A host without a dot is answered with 400: https://github.com/rogerrum/alertmanager-discord/issues/19
        url: link.refine((url) => /\.|\[/.test(new URL(url).hostname)).optional(),
        color: z.int().min(0).max(0xffffff),
      }),
    )
    .min(1)
    .max(10),
  allowed_mentions: z.strictObject({ parse: z.array(z.never()) }),
});

/** https://docs.slack.dev/reference/block-kit/blocks/ */
const plainText = (limit: number) =>
  z.strictObject({ type: z.literal('plain_text'), text: z.string().min(1).max(limit) });
export const slackMessage = z.strictObject({
  text: z.string().min(1).max(40_000),
  blocks: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.literal('header'), text: plainText(150) }),
        z.strictObject({
          type: z.literal('section'),
          text: z.strictObject({
            type: z.literal('mrkdwn'),
            text: z.string().min(1).max(3000),
            verbatim: z.boolean(),
          }),
        }),
        z.strictObject({
          type: z.literal('actions'),
          elements: z
            .array(z.strictObject({ type: z.literal('button'), text: plainText(75), url: link.max(3000) }))
            .min(1)
            .max(25),
        }),
      ]),
    )
    .min(1)
    .max(50),
});

/** https://core.telegram.org/bots/api#sendmessage */
export const telegramMessage = z.strictObject({
  chat_id: z.union([z.int(), z.string().regex(/^(?:-?\d+|@\w+)$/)]),
  text: z.string().min(1).max(4096),
  link_preview_options: z.strictObject({ is_disabled: z.boolean() }),
});

/** https://docs.ntfy.sh/publish/#publish-as-json */
export const ntfyMessage = z.strictObject({
  topic: z.string().regex(/^[-_A-Za-z0-9]{1,64}$/),
  title: z.string().refine(bytesUpTo(250)),
  message: z.string().min(1).refine(bytesUpTo(4096)),
  priority: z.int().min(1).max(5),
  tags: z.array(z.string()),
  sequence_id: z
    .string()
    .regex(/^[-_A-Za-z0-9]{1,64}$/)
    .optional(),
  click: link.optional(),
  actions: z
    .array(z.strictObject({ action: z.literal('view'), label: z.string(), url: link }))
    .max(3)
    .optional(),
});
