/** What became of a call at its client. */
export type Outcome =
  /** `wrong` is how an answer begins that is not that of its call, be it an error of the tool. */
  | { type: 'answered'; tookMs: number; wrong?: string }
  | { type: 'failed'; tookMs: number; code: string; message: string }
  | { type: 'hung' };

export interface CallRecord {
  id: string;
  client: string;
  /** The name of the phase in which it was made. */
  phase: string;
  outcome: Outcome;
}

export type IncidentKind =
  | 'second answer'
  | 'progress after the answer'
  | 'wrong progress'
  | 'stray message'
  | 'client closed'
  | 'process ended by itself';

/** What must never happen, whatever the phase. */
export interface Incident {
  kind: IncidentKind;
  /** The client or process. */
  who: string;
  text: string;
}

/** What one client says of one phase when all is calm again. */
export interface LastCall {
  client: string;
  phase: string;
  succeeded: boolean;
}

export interface ClientReport {
  calls: CallRecord[];
  incidents: Incident[];
  lastCalls: LastCall[];
}

export interface PhaseRules {
  name: string;
  /** Calls may fail with a named failure of the way; without it every call must be answered. */
  mayFail: boolean;
  /** No relay was up for so long that a client may say so. */
  mayBeUnreachable: boolean;
}

export interface Evidence extends ClientReport {
  phases: readonly PhaseRules[];
  /** Who must have succeeded with a call at the end of each phase. */
  clients: readonly string[];
  /** A call id for each execution. */
  executions: readonly string[];
}
