import type { OwnWalk } from '../src/judge/own-walk.ts';
import type { Cause, HookResult, PointResult, Verdict, WalkResult } from '../src/judge/result.ts';
import type { ExpectedHeader, Header } from '../src/packet/index.ts';
import type { CheckResult, DrillResult, StepResult } from '../src/prove/events.ts';

export const stepResult = (title: string, more: Partial<StepResult> = {}): StepResult => ({
  title,
  verdict: 'passed',
  durationMs: 1,
  ...more,
});

/** A hop of the request at `PLACE:DEVICE` that was seen as listed. */
export const pointResult = (at: string, more: Partial<Omit<PointResult, 'kind'>> = {}): PointResult => {
  const [place = '', device = ''] = at.split(':');
  return {
    kind: 'point',
    part: 'request',
    place,
    device,
    direction: 'out',
    because: 'It is here',
    fate: 'passed',
    expected: [],
    seen: [{ protocol: 'ip', fields: {} }],
    differences: [],
    frame: null,
    time: null,
    ...more,
  };
};

/** A hop of the request at `PLACE TABLE CHAIN` of family ip that was passed as listed. */
export const hookResult = (at: string, more: Partial<Omit<HookResult, 'kind'>> = {}): HookResult => {
  const [place = '', table = '', chain = ''] = at.split(' ');
  return {
    kind: 'hook',
    part: 'request',
    place,
    family: 'ip',
    table,
    chain,
    because: 'It passes',
    fate: 'passed',
    expected: { chains: [], ending: { verdict: 'accept' } },
    seen: { chains: [], ending: { verdict: 'accept' } },
    ...more,
  };
};

/** Headers as they are stated, as if nothing else had been seen of them. */
export const asSeen = (headers: ExpectedHeader[]): Header[] =>
  headers.map(({ protocol, fields }) => ({
    protocol,
    fields: Object.fromEntries(
      Object.entries(fields).flatMap(([name, value]) => (typeof value === 'object' ? [] : [[name, value]])),
    ),
  }));

/** A walk; one that failed was lost at b:eth0. */
export const walkResult = (name: string, verdict: Verdict, more: Partial<WalkResult> = {}): WalkResult => {
  const lost = verdict === 'failed';
  return {
    name,
    claims: [],
    verdict,
    outcome: lost ? 'lost' : verdict === 'passed' ? 'answered' : 'unknown',
    failedAt: lost ? 0 : null,
    send: { from: 'a', command: 'ping -c 1 10.0.0.2' },
    command: { code: lost ? 1 : 0, answered: !lost },
    hops: lost ? [pointResult('b:eth0', { fate: 'lost', seen: null, direction: null })] : [],
    strays: [],
    notes: [],
    causes: [],
    evidence: [],
    durationMs: 1,
    ...more,
  };
};

export const checkResult = (title: string, verdict: Verdict, more: Partial<CheckResult> = {}): CheckResult => ({
  title,
  verdict,
  node: 'a',
  command: 'true',
  output: '',
  durationMs: 1,
  ...more,
});

const atB = { part: 'request', where: { kind: 'point', place: 'b', device: 'eth0' } } as const;

export const drillResult = (fault: string, verdict: Verdict, more: Partial<DrillResult> = {}): DrillResult => ({
  fault,
  claims: [],
  verdict,
  walk: 'a pings b',
  expected: { outcome: 'lost', ...atB },
  failed: { outcome: 'lost', ...atB },
  healed: verdict === 'passed',
  hint: 'Look at b',
  broken: null,
  durationMs: 1,
  ...more,
});

/** A cause of which nothing more is known. */
export const causeOf = (sentence: string, more: Partial<Cause> = {}): Cause => ({
  cause: 'reverse path filter',
  sentence,
  confidence: 'certain',
  place: 'b',
  supports: [],
  contradicts: [],
  evidence: [],
  fix: null,
  read: [],
  ...more,
});

/** A ping of one's own from a to b that was answered; without a path. */
export const ownWalkResult = (more: Partial<OwnWalk> = {}): OwnWalk => ({
  send: { from: 'a', command: 'ping -c 1 10.0.0.2' },
  command: { code: 0, answered: true },
  said: ['64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.1 ms'],
  verdict: 'passed',
  outcome: 'answered',
  last: { part: 'reply', where: { kind: 'point', place: 'a', device: 'eth0', direction: 'in' } },
  beyond: null,
  answeredBy: 'b',
  hops: [],
  loops: [],
  macs: {},
  notes: [],
  causes: [],
  evidence: [],
  lostFrames: [],
  roundTripMs: 0.1,
  durationMs: 1,
  ...more,
});
