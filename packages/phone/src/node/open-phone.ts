import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PhoneLogEntry } from '../agent/session.js';
import type { FaultPlan } from '../faults.js';
import { type BootMode, VirtualPhone } from '../phone.js';
import type { Profile } from '../profiles/profile.js';
import { findProfile, listProfiles, ProfileError, parseProfile } from '../profiles/profiles.js';
import { MemoryStorage } from '../storage/memory-storage.js';
import { FileStorage } from './file-storage.js';

export interface OpenPhoneOptions {
  /** Name of a phone that comes with the package, or path of a profile file. */
  profile: string;
  mode?: BootMode;
  /** Folder that keeps the phone's storage from one run to the next; in memory without it. */
  stateDir?: string;
  faults?: FaultPlan;
  /** Bytes a second in each direction. */
  linkRate?: number;
  replugMs?: number;
  /** How long the phone shows itself to a silent host, ms. */
  windowMs?: number;
  onLog?: (entry: PhoneLogEntry) => void;
}

/** Says whose storage a folder holds, and whether its factory content is complete. */
const BIRTH_CERTIFICATE = 'phone.json';
interface BirthCertificate {
  profile: string;
  born: boolean;
}

/**
 * A phone that is ready to be plugged in.
 * @throws ProfileError when the profile is unknown or wrong; Error when the folder belongs to another phone
 */
export async function openPhone(options: OpenPhoneOptions): Promise<VirtualPhone> {
  const { profile: nameOrPath, stateDir, ...rest } = options;
  const profile = await loadProfile(nameOrPath);
  const { kind, regions } = profile.storage;
  if (stateDir === undefined) {
    const phone = new VirtualPhone({ ...rest, profile, storage: new MemoryStorage(kind, regions), newborn: true });
    await phone.ready();
    return phone;
  }
  const certificate = await readCertificate(stateDir);
  if (certificate && certificate.profile !== profile.name) {
    const owner = certificate.profile;
    throw new Error(`${stateDir} holds the storage of a phone of profile ${owner}, not of ${profile.name}`);
  }
  const storage = await FileStorage.open(stateDir, kind, regions);
  try {
    // Files without a certificate were put there by somebody: they are taken as they are.
    const newborn = certificate ? !certificate.born : storage.fresh;
    if (newborn && !storage.fresh) {
      // What an interrupted birth left behind has to go before the next one.
      for (const [region, size] of storage.regions) await storage.erase(region, 0, size);
    }
    const phone = new VirtualPhone({ ...rest, profile, storage, newborn });
    if (newborn) await writeCertificate(stateDir, { profile: profile.name, born: false });
    await phone.ready();
    if (!certificate?.born) await writeCertificate(stateDir, { profile: profile.name, born: true });
    return phone;
  } catch (cause) {
    await storage.close();
    throw cause;
  }
}

/** @throws ProfileError */
export async function loadProfile(nameOrPath: string): Promise<Profile> {
  if (listProfiles().includes(nameOrPath)) return findProfile(nameOrPath);
  if (!/[\\/.]/.test(nameOrPath)) return findProfile(nameOrPath);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(nameOrPath, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ProfileError(`${nameOrPath} cannot be read as a profile: ${why}`, { cause });
  }
  try {
    return parseProfile(json);
  } catch (cause) {
    if (!(cause instanceof ProfileError)) throw cause;
    throw new ProfileError(`${nameOrPath}: ${cause.message}`, { cause });
  }
}

async function readCertificate(stateDir: string): Promise<BirthCertificate | undefined> {
  const path = join(stateDir, BIRTH_CERTIFICATE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw cause;
  }
  try {
    return JSON.parse(text) as BirthCertificate;
  } catch (cause) {
    throw new Error(`${path} is damaged; delete it to take the storage beside it as it is`, { cause });
  }
}

function writeCertificate(stateDir: string, certificate: BirthCertificate): Promise<void> {
  return writeFile(join(stateDir, BIRTH_CERTIFICATE), `${JSON.stringify(certificate)}\n`);
}
