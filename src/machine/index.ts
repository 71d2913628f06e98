/** The programs that labs and tests use, where they are, and how they get there. */
export { install, installLine, missing } from './install.ts';
export { essential, find, optional, testing } from './programs.ts';
