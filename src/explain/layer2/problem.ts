import type { Facts } from '../facts.ts';
import type { LinkState, PlaceState } from '../state/place-state.ts';
import type { RuledFrame } from './frame-rules.ts';
import type { Crossing } from './way.ts';

/** A frame on its way through bridges. */
export interface BridgedFrame {
  src: string;
  dst: string;
  /** Its 802.1Q tag, where it has one. */
  tag?: number | undefined;
  /** The bytes of the IP packet in it. */
  length?: number;
  /** As a firewall sees it between two interfaces. */
  ruled?: (iif?: string, oif?: string) => RuledFrame;
}

/** Why a bridge does not pass a frame on. */
export interface Problem {
  /** The cause that it is: `bridge port blocking`. */
  cause: string;
  /** What is so there: `its port v2 is blocking (state blocking)`. */
  what: string;
  sure: boolean;
  show: string[];
  fix?: string;
}

/** A crossing, with what is known of the bridge and of the ports that it is between. */
export interface Here {
  facts: Pick<Facts, 'now'>;
  crossing: Crossing;
  state: PlaceState;
  bridge: LinkState;
  in?: LinkState;
  out?: LinkState;
}

export const portCommand = (port: string) => `bridge -d link show dev ${port}`;

/** A setting of a bridge's port, as `ip -j -d link` has it. */
export const isOff = (port: LinkState | undefined, name: string) => port?.portData[name] === false;
export const isOn = (port: LinkState | undefined, name: string) => port?.portData[name] === true;

export const isGroup = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;
