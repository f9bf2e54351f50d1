import type { ServiceDefinition } from './service-definition.ts';

/** What keeps a service running on one kind of system. */
export interface ServiceManager {
  /** The file that defines the service. */
  path(name: string): string;
  /** What is in that file. */
  text(definition: ServiceDefinition): string;
  /** Commands that make the file known and start the service, now and at each login. */
  start(name: string): string[][];
  /** Commands that end it, before the file is removed. */
  stop(name: string): string[][];
  /** Commands after the file was removed. */
  forget(name: string): string[][];
  /** A command whose first line of output says how the service is. */
  state(name: string): string[];
  /** How the person reads on: the log, and what is left to decide. */
  hints(definition: Pick<ServiceDefinition, 'name' | 'logFile'>): string[];
}
