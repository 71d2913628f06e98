import { cyan, dim, green, red, yellow } from 'yoctocolors';
import type { Verdict } from '../../judge/result.ts';
import type { ClaimVerdict } from '../../record/ledger.ts';

type Style = (text: string) => string;

const looks: Record<Verdict | ClaimVerdict, { mark: string; style: Style }> = {
  passed: { mark: '✓', style: green },
  failed: { mark: '✗', style: red },
  unknown: { mark: '?', style: yellow },
  skipped: { mark: '-', style: dim },
  confirmed: { mark: '✓', style: green },
  corrected: { mark: '~', style: cyan },
  refuted: { mark: '✗', style: red },
  'changed since': { mark: '-', style: yellow },
  'not run here yet': { mark: '-', style: dim },
  unproven: { mark: '-', style: dim },
};

export const sign = (verdict: keyof typeof looks): string => looks[verdict].style(looks[verdict].mark);

export const styleOf = (verdict: keyof typeof looks): Style => looks[verdict].style;
