import type { Verdict, WalkResult } from '../src/judge/result.ts';
import type { CheckResult, DrillResult, StepResult } from '../src/prove/events.ts';

export const stepResult = (title: string, more: Partial<StepResult> = {}): StepResult => ({
  title,
  verdict: 'passed',
  durationMs: 1,
  ...more,
});

export const walkResult = (name: string, verdict: Verdict, more: Partial<WalkResult> = {}): WalkResult => ({
  name,
  claims: [],
  verdict,
  send: { from: 'a', command: 'ping -c 1 10.0.0.2' },
  lostAt: verdict === 'failed' ? 'b:eth0' : null,
  hops: [],
  unexpected: [],
  evidence: [],
  durationMs: 1,
  ...more,
});

export const checkResult = (title: string, verdict: Verdict, more: Partial<CheckResult> = {}): CheckResult => ({
  title,
  verdict,
  node: 'a',
  command: 'true',
  output: '',
  durationMs: 1,
  ...more,
});

export const drillResult = (fault: string, verdict: Verdict, more: Partial<DrillResult> = {}): DrillResult => ({
  fault,
  claims: [],
  verdict,
  walk: 'a pings b',
  lostAt: 'b:eth0',
  expectedLostAt: 'b:eth0',
  healed: verdict === 'passed',
  hint: 'Look at b',
  broken: null,
  durationMs: 1,
  ...more,
});
