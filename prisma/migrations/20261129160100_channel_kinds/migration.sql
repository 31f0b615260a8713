-- Six more ways of sending messages.
ALTER TYPE "channel_kind" ADD VALUE 'PAGERDUTY';
ALTER TYPE "channel_kind" ADD VALUE 'OPSGENIE';
ALTER TYPE "channel_kind" ADD VALUE 'TEAMS';
ALTER TYPE "channel_kind" ADD VALUE 'DISCORD';
ALTER TYPE "channel_kind" ADD VALUE 'TELEGRAM';
ALTER TYPE "channel_kind" ADD VALUE 'NTFY';
