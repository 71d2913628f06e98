import type { Commands } from '../../src/index.ts';
import { ofAsking } from './breakages/asking.ts';
import { ofBridges } from './breakages/bridges.ts';
import { ofDelivery } from './breakages/delivery.ts';
import { ofFirewalls } from './breakages/firewalls.ts';
import { ofForwarding } from './breakages/forwarding.ts';
import { ofIpv6 } from './breakages/ipv6.ts';
import { ofLinks } from './breakages/links.ts';
import { ofNeighbours } from './breakages/neighbours.ts';
import { ofOwnAddresses } from './breakages/own-addresses.ts';
import { ofRoutes } from './breakages/routes.ts';
import { ofTranslation } from './breakages/translation.ts';
import { ofTunnels } from './breakages/tunnels.ts';
import type { Random } from './random.ts';
import type { Ground } from './stages.ts';
import type { Breaking } from './standing.ts';

/** Something to break on a walk's way: what is typed, and what is right to say of it. */
export interface Breakage extends Breaking {
  breaks: Commands;
  /** Its name in the table of causes; more than one where each is right. */
  causes: string[];
  /** Where the cause lies; more than one where it lies between two. */
  places: string[];
  /** All places forget what they know of neighbours before the packet is sent. */
  cold?: true;
}

/** What breaks something of a walk, at a place that is drawn; undefined where the walk offers no place for it. */
export type Breaker = (ground: Ground, random: Random) => Breakage | undefined;

/** How to cause each cause, by its name in the table. */
export const breakers: Record<string, Breaker> = {
  ...ofRoutes,
  ...ofForwarding,
  ...ofFirewalls,
  ...ofTranslation,
  ...ofNeighbours,
  ...ofBridges,
  ...ofLinks,
  ...ofTunnels,
  ...ofDelivery,
  ...ofIpv6,
  ...ofOwnAddresses,
  ...ofAsking,
};
