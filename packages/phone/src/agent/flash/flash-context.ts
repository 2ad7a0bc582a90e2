/** What writing an image needs to know of the running agent, whatever its protocol. */
import { type PhoneStorage, StorageFault } from '../../storage/phone-storage.js';
import type { FittedStorage } from './fitted-storage.js';

export interface FlashContext {
  storage: PhoneStorage;
  fitted: FittedStorage;
  /** The host asked for everything that is written to be read back and compared. */
  verifies: boolean;
}

/** A command that fails with this status word; the agents of both newer generations number them alike. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
  constructor(readonly status: number) {
    super(`agent status 0x${status.toString(16)}`);
  }
}

/** The status word of a failed operation. Rethrows what is no failure of the phone (cable out, a defect of ours). */
export function flashStatus(error: unknown, fitted: FittedStorage): number {
  if (error instanceof AgentError) return error.status;
  if (error instanceof StorageFault) return fitted.errorStatus;
  throw error;
}
