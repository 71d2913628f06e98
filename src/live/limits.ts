/** What a page may take of this machine at most. */
export interface Limits {
  /** How long a message of a page may be, in bytes. */
  messageBytes: number;
  sockets: number;
  terminals: number;
  /** How long a socket may be open before it has said who it is. */
  helloMs: number;
  /** After so long without a key a terminal is closed. */
  idleMs: number;
  /** How often a page is asked whether it is still there. */
  pingMs: number;
  /** So much may be on its way to a page before its terminals are held. */
  unackedBytes: number;
  /** So much of what a terminal printed is kept, for a page that comes back. */
  keptBytes: number;
  /** So many processes may run at a place whose shell a page has opened (RLIMIT_NPROC, getrlimit(2)). */
  processes: number;
}

export const usualLimits: Limits = {
  messageBytes: 64 * 1024,
  sockets: 16,
  terminals: 8,
  helloMs: 2000,
  idleMs: 4 * 60 * 60 * 1000,
  pingMs: 30_000,
  unackedBytes: 256 * 1024,
  keptBytes: 64 * 1024,
  processes: 512,
};
