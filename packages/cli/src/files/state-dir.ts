import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where the program keeps what it must find again in its next run, whatever folder it is started from: `UNBRICK_STATE_DIR`,
 * else the place the system has for that.
 */
export function stateDir(env = process.env, platform = process.platform, home = homedir()): string {
  if (env.UNBRICK_STATE_DIR) return env.UNBRICK_STATE_DIR;
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'unbrick');
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'unbrick');
  return join(env.XDG_STATE_HOME || join(home, '.local', 'state'), 'unbrick');
}
