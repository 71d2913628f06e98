import { cyan, dim, green, red, yellow } from 'yoctocolors';
import type { ClaimResult, Verdict } from '../../events.ts';

type Style = (text: string) => string;

const looks: Record<Verdict | ClaimResult['verdict'], { mark: string; style: Style }> = {
  passed: { mark: '✓', style: green },
  failed: { mark: '✗', style: red },
  unknown: { mark: '?', style: yellow },
  skipped: { mark: '-', style: dim },
  confirmed: { mark: '✓', style: green },
  corrected: { mark: '~', style: cyan },
  refuted: { mark: '✗', style: red },
};

export const sign = (verdict: keyof typeof looks): string => looks[verdict].style(looks[verdict].mark);

export const styleOf = (verdict: keyof typeof looks): Style => looks[verdict].style;
