import type { Lab } from '../lab/words.ts';
import { builtIn, type Registry, registryOf } from '../packet/index.ts';

/** Where a plan keeps the protocols that its lab brings: code, which is no part of the plan as it is written to files. */
const OWN: unique symbol = Symbol('the protocols of a lab');

/** What has protocols of its own, perhaps. */
export interface WithProtocols {
  readonly [OWN]?: Registry;
}

/** The protocols that a lab brings, to be spread into its plan. */
export const withProtocols = ({ protocols = [], decode = {} }: Pick<Lab, 'protocols' | 'decode'>): WithProtocols =>
  protocols.length || Object.keys(decode).length ? { [OWN]: registryOf(protocols, decode) } : {};

/** Whether a plan’s lab brings protocols of its own. */
export const bringsProtocols = (plan: WithProtocols): boolean => plan[OWN] !== undefined;

/** The protocols by which the frames of a plan’s lab are read. */
export const protocolsOf = (plan: WithProtocols): Registry => plan[OWN] ?? builtIn;
