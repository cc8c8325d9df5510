export type { Behaviour } from './behaviour.ts';
export type { CaughtMail } from './mail-catcher.ts';
export type { TakenMessage } from './messages.ts';
export { type BehaviourName, type StandInOptions, type StandIns, startStandIns } from './stand-ins.ts';
