import { seededRandom } from '../helpers/random.ts';
import { Caller } from './caller.ts';
import { type ClientSetup, type Command, readSetup, type RoleMessage, say } from './role.ts';

const { server, names, seed, largeAnswerBytes, maxPauseMs } = readSetup<ClientSetup>();
const callers = await Promise.all(
  names.map((name, index) =>
    Caller.connect({ name, server, largeAnswerBytes, maxPauseMs, random: seededRandom(seed + index) }),
  ),
);

async function obey(command: Command): Promise<RoleMessage> {
  switch (command.type) {
    case 'work':
      for (const caller of callers) caller.work(command.phase);
      break;
    case 'rest':
      await Promise.all(callers.map((caller) => caller.rest(command.limitMs)));
      break;
    case 'last call':
      await Promise.all(callers.map((caller) => caller.lastCall(command.limitMs)));
      break;
    case 'report': {
      const reports = callers.map((caller) => caller.report());
      return {
        type: 'report',
        report: {
          calls: reports.flatMap(({ calls }) => calls),
          incidents: reports.flatMap(({ incidents }) => incidents),
          lastCalls: reports.flatMap(({ lastCalls }) => lastCalls),
        },
      };
    }
  }
  return { type: 'done' };
}

// A failure here is one of the harness and ends the process, which the parent notices.
process.on('message', (command: Command) => void obey(command).then(say));
say({ type: 'done' });
