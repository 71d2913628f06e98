import type { Plan } from '../plan.ts';
import { addCables, addNodes, insideNetns, netnsStands, reenterNetns, startNetns, stopNetns } from './netns.ts';
import type { Runtime, Standing } from './runtime.ts';

export type { Runtime, Standing } from './runtime.ts';

/** Starts a lab's nodes. */
export const start = (plan: Plan): Promise<Runtime> => startNetns(plan);

/** Enters the nodes of a lab that stands. */
export const reenter = (plan: Plan, standing: Standing): Promise<Runtime> => reenterNetns(plan, standing);

/** The words that start a command in a place of a standing lab, on this process's own terminal. */
export const inside = (plan: Plan, standing: Standing, place: string): string[] => insideNetns(plan, standing, place);

/** Whether the nodes of a lab still stand. */
export const isStanding = (standing: Standing): boolean => netnsStands(standing);

/** Ends the nodes of a standing lab and waits until they are gone. */
export const stop = (standing: Standing): Promise<void> => stopNetns(standing);

/** The commands that a runtime types itself: to add the nodes, and to lay the cables of a step. */
export const ownCommands = { addNodes, addCables };
