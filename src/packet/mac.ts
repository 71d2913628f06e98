import type { MacOf } from './protocol.ts';

/** The MAC address of a point, whichever it turns out to be: `ether({ src: mac('node1:flannel.1') })`. */
export const mac = <const Point extends string>(point: Point): MacOf<Point> => ({ macOf: point });
