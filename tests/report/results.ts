import type { HopResult, PointResult, WalkResult } from '../../src/judge/result.ts';
import { type ExpectedHeader, icmp, ip, udp, vxlan } from '../../src/packet/index.ts';
import type { CheckResult, DrillResult, Event } from '../../src/prove/events.ts';
import { asSeen, pointResult } from '../results.ts';

export const inner = (ttl: number): ExpectedHeader[] => [
  ip({ src: '10.42.0.65', dst: '10.42.1.9', ttl }),
  icmp({ type: 'echo request' }),
];

export const tunnel = (vni: number): ExpectedHeader[] => [
  ip({ src: '192.168.205.4', dst: '192.168.205.3' }),
  udp({ dst: 8472 }),
  vxlan({ vni }),
];

/** A hop where just these headers were expected and seen. */
export const hop = (
  at: string,
  because: string,
  headers: ExpectedHeader[],
  more: Partial<Omit<PointResult, 'kind'>> = {},
): PointResult => pointResult(at, { because, expected: headers, seen: asSeen(headers), ...more });

/** A hop that did not see its packet. */
export const unseen = (
  at: string,
  because: string,
  expected: ExpectedHeader[],
  more: Partial<Omit<PointResult, 'kind'>> = {},
): PointResult => hop(at, because, expected, { fate: 'lost', seen: null, direction: null, ...more });

const answer = [icmp({ type: 'echo reply' })];

export const walk = (more: Partial<WalkResult> = {}): WalkResult => ({
  name: 'podA pings podB',
  claims: ['FV-10'],
  verdict: 'passed',
  outcome: 'answered',
  failedAt: null,
  send: { from: 'podA', command: 'ping -c 1 10.42.1.9' },
  command: { code: 0, answered: true },
  hops: [
    hop('podA:eth0', 'The pod hands a plain packet to its gateway', inner(64)),
    hop('master:enp0s1', 'The frame leaves wrapped in UDP', [...tunnel(1), ...inner(63)]),
    hop('podA:eth0', 'The ping is answered', answer, { part: 'reply', direction: 'in' }),
  ],
  strays: [],
  notes: [],
  causes: [],
  evidence: [],
  durationMs: 6.4321,
  ...more,
});

/** A walk of which one hop is not as listed. */
export const failing = (outcome: WalkResult['outcome'], hops: HopResult[], more: Partial<WalkResult> = {}) => {
  const at = hops.findIndex(({ fate }) => fate !== 'passed');
  return walk({ verdict: 'failed', outcome, hops, failedAt: at < 0 ? null : at, ...more });
};

export const lost = (more: Partial<WalkResult> = {}): WalkResult =>
  failing(
    'lost',
    [
      hop('podA:eth0', 'The pod hands a plain packet to its gateway', inner(64)),
      unseen('master:enp0s1', 'The frame leaves wrapped in UDP', [...tunnel(1), ...inner(63)]),
      unseen('podB:eth0', 'It arrives', inner(62), { fate: 'not reached' }),
      unseen('podA:eth0', 'The ping is answered', answer, { part: 'reply', fate: 'not reached' }),
    ],
    {
      command: { code: 1, answered: false },
      evidence: [
        'master:enp0s1 asked by ARP who has 192.168.205.99; nobody answered',
        'master# ip route get 10.42.1.9\n10.42.1.9 via 10.42.1.0 dev flannel.1\n    cache',
      ],
      durationMs: 2012,
      ...more,
    },
  );

const atTunnel = { part: 'request', where: { kind: 'point', place: 'master', device: 'flannel.1' } } as const;

export const check = (node: string, more: Partial<CheckResult> = {}): CheckResult => ({
  title: 'flannel.1 is a VXLAN device',
  claim: 'FV-01',
  verdict: 'passed',
  node,
  command: 'ip -d link show flannel.1',
  output: 'vxlan id 1',
  durationMs: 1,
  ...more,
});

export const drill = (more: Partial<DrillResult> = {}): DrillResult => ({
  fault: 'master does not forward',
  claims: [],
  verdict: 'passed',
  walk: 'podA pings podB',
  expected: { outcome: 'lost', ...atTunnel },
  failed: { outcome: 'lost', ...atTunnel },
  healed: true,
  hint: 'Run `sysctl net.ipv4.ip_forward` on master.',
  broken: lost(),
  durationMs: 552.25,
  ...more,
});

export const started: Event = {
  type: 'run started',
  lab: 'flannel-vxlan',
  title: 'Flannel carries a pod’s packet to another node',
  runtime: 'netns',
  rootless: true,
  parts: 3,
};

export const ended = (more: Partial<Extract<Event, { type: 'run ended' }>> = {}): Event => ({
  type: 'run ended',
  verdict: 'passed',
  reason: '',
  claims: [
    { id: 'FV-01', verdict: 'confirmed', note: 'flannel.1 is a VXLAN device' },
    { id: 'FV-07', verdict: 'corrected', note: 'The socket is the kernel’s own.' },
  ],
  durations: { setUpMs: 71.26, firstVerifiedPacketMs: 416.18197, totalMs: 1234.567, downMs: 20.04 },
  ...more,
});

export const step = (title: string, more: object = {}): Event[] => [
  { type: 'step started', title },
  { type: 'step ended', step: { title, verdict: 'passed', durationMs: 18.4567, ...more } },
];

export const passedRun: Event[] = [
  started,
  ...step('Lay the cables between nodes'),
  { type: 'walk ended', walk: walk() },
  { type: 'check ended', check: check('master') },
  { type: 'check ended', check: check('node1') },
  { type: 'drill started', fault: 'master does not forward' },
  { type: 'drill ended', drill: drill() },
  ended(),
];

export const failedRun: Event[] = [
  started,
  ...step('Lay the cables between nodes'),
  { type: 'walk ended', walk: lost() },
  {
    type: 'walk ended',
    walk: walk({
      name: 'a blind walk',
      verdict: 'unknown',
      outcome: 'unknown',
      reason: 'the capture lost frames on master',
    }),
  },
  { type: 'check ended', check: check('master') },
  {
    type: 'check ended',
    check: check('node1', {
      verdict: 'failed',
      reason: "'id 1' is missing",
      output: 'vxlan id 2 | \u001b[31mred\u0000',
    }),
  },
  {
    type: 'check ended',
    check: check('node1', { title: 'ipip works', verdict: 'skipped', reason: 'this kernel has no ipip' }),
  },
  {
    type: 'drill ended',
    drill: drill({ verdict: 'failed', failed: null, healed: false, reason: 'podA pings podB arrived all the same' }),
  },
  ended({
    verdict: 'failed',
    reason: 'podA pings podB: lost at master:enp0s1',
    claims: [{ id: 'FV-10', verdict: 'refuted', note: 'podA pings podB: lost | at master:enp0s1\nfor good' }],
  }),
];
