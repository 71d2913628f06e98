import type { Lab } from '../lab/words.ts';
import { bundle } from './bundle-lab.ts';
import { loadHere } from './own-code.ts';
import type { Plan } from './plan.ts';
import { withProtocols } from './registry.ts';

/**
 * A plan with the protocols that its lab brings. They are code, which neither comes from a lab's thread nor is kept of a standing lab:
 * the lab's file, which did its thread no harm, is loaded in this process as well.
 */
export async function withOwnProtocols(plan: Plan): Promise<Plan> {
  const { protocolsFile: file } = plan;
  if (!file) return plan;
  const { default: lab } = (await loadHere(file, await bundle(file))) as { default: Lab };
  return { ...plan, ...withProtocols(lab) };
}
