import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What the keyring of the test is encrypted with. */
const PASSWORD = 'the password of the person';

/** A session of a desktop: a bus of its own and a keyring, in the folder of a person. */
export interface Desktop {
  /** What programs of the session have in their environment. */
  env: NodeJS.ProcessEnv;
  close(): Promise<void>;
}

/** Opens one; a locked one has the same keyring, and nobody who could be asked for the password. */
export async function openDesktop(home: string, keyring: 'unlocked' | 'locked'): Promise<Desktop> {
  const data = {
    ...process.env,
    HOME: home,
    XDG_DATA_HOME: join(home, 'data'),
    XDG_RUNTIME_DIR: home,
    DISPLAY: '',
  };
  const unlock = keyring === 'unlocked' ? '--unlock' : '--start';
  // It lasts as long as its input is open; the last line says that the keyring is there.
  const script = `gnome-keyring-daemon ${unlock} --components=secrets >/dev/null && echo "$DBUS_SESSION_BUS_ADDRESS" && exec cat <&3 >/dev/null`;
  const session = spawn('dbus-run-session', ['--', 'bash', '-c', script], {
    env: data,
    stdio: ['pipe', 'pipe', 'ignore', 'pipe'],
  });
  session.stdin?.end(PASSWORD);
  const address = await firstLine(session);
  return {
    env: { ...data, DBUS_SESSION_BUS_ADDRESS: address },
    close: async () => {
      const ended = once(session, 'close');
      const [, , , open] = session.stdio;
      if (open !== null && open !== undefined) open.destroy();
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) return text.split('\n')[0] ?? '';
  }
  throw new Error('the session of the desktop did not begin');
}
