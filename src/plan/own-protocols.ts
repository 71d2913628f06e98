import { createRequire } from 'node:module';
import type { Lab } from '../lab/words.ts';
import { tellStacksBy } from '../packet/index.ts';
import { bundle } from './bundle-lab.ts';
import { inOwnFiles } from './own-lines.ts';
import type { Plan } from './plan.ts';
import { withProtocols } from './registry.ts';

/**
 * A plan with the protocols that its lab brings. They are code, which neither comes from a lab's thread nor is kept of a standing lab:
 * the lab's file, which did its thread no harm, is loaded in this process as well.
 */
export async function withOwnProtocols(plan: Plan): Promise<Plan> {
  const { protocolsFile: file } = plan;
  if (!file) return plan;
  const { code, map, requires } = await bundle(file);
  if (requires) globalThis.require = createRequire(file);
  tellStacksBy((stack) => inOwnFiles(stack, map));
  const { default: lab } = (await import(`data:text/javascript;base64,${code}`)) as { default: Lab };
  return { ...plan, ...withProtocols(lab) };
}
