import type { Scene } from './scene.ts';

/** One line of the table: who speaks with whom, and what has to come back. */
export interface Check {
  name: string;
  /** @throws when it is not so */
  run: (scene: Scene) => Promise<void>;
}
