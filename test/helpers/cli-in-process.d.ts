import type { Ended } from './cli.ts';
/** A folder of this test's own, also as the home of whatever looks for one there. */
export declare function temporaryHome(): string;
/** One command line in this very process, which spares the start of another. Not two at once. */
export declare function runMain(args: readonly string[]): Promise<Ended>;
//# sourceMappingURL=cli-in-process.d.ts.map
