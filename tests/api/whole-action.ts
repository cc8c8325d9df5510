/** The canonical events of an action that is asked for, allowed, executed and answered, in their order. */
export const WHOLE_ACTION = [
  'REQUEST_START',
  'GATE_EVALUATED',
  'DECISION',
  'EXECUTOR_SELECTED',
  'ACTION_STARTED',
  'RESULT_VALIDATED',
  'ACTION_EXECUTED',
  'REQUEST_END',
];
