import type { CauseKind } from './kind.ts';

/** What counts an ICMP error that was not sent, the setting by which it was one too many (net/ipv4/icmp.c), and the one that lets it go. */
const limits: Record<string, { setting: string; says: string; mends: string }> = {
  'Icmp OutRateLimitHost': {
    setting: 'net.ipv4.icmp_ratelimit',
    says: 'it has just sent as many to this address as it may',
    mends: 'net.ipv4.icmp_ratelimit=0',
  },
  'Icmp OutRateLimitGlobal': {
    setting: 'net.ipv4.icmp_msgs_per_sec',
    says: 'it has just sent as many to all as it may',
    mends: 'net.ipv4.icmp_ratemask=0',
  },
};

/** A refusal that nobody hears of: the packet was as unwanted as those before it, and only they were answered. */
const rateLimited: CauseKind = {
  name: 'ICMP rate limit',
  read: ['icmp(7), icmp_ratelimit', 'ip-sysctl: icmp_ratelimit, icmp_msgs_per_sec'],
  tell: ({ moved }) =>
    moved.flatMap(({ place, name, by }) => {
      const limit = limits[name];
      if (!limit) return [];
      return [
        {
          sentence: `${place} sends no ICMP error about it: ${limit.says} (${limit.setting}); ${name.replace(' ', '')} moved by ${by}`,
          confidence: 'certain' as const,
          place,
          show: [
            { place, command: `nstat -asz ${name.replace(' ', '')}` },
            { place, command: `sysctl ${limit.setting} net.ipv4.icmp_ratemask` },
          ],
          fix: { place, command: `sysctl -w ${limit.mends}` },
          entails: ['dropped by the kernel', 'no socket'],
        },
      ];
    }),
};

export const icmpRateLimits: CauseKind[] = [rateLimited];
