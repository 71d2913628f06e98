export { assign } from './identity.ts';
export { markOf } from './marks.ts';
export { isTranslation, type Listings, passages, type Told } from './passages.ts';
export { endTracing, type Listing, listConnections, listingOf, traceEverything } from './switch.ts';
