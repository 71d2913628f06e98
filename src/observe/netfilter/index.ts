export { assign } from './identity.ts';
export { type Listings, passages, type Told } from './passages.ts';
export { endTracing, type Listing, listingOf, traceEverything } from './switch.ts';
