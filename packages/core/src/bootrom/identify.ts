import { chipByHwCode } from '../chips/chips.js';
import { BootCommand, hex, hexBytes } from '../wire/index.js';
import type { BootRom } from './commands.js';
import { isTolerable } from './exchange.js';
import type { DeviceIdentity } from './identity.js';
import { configText } from './refusals.js';
import { asksForAuthorisation, decodeTargetConfig } from './target-config.js';

/** GET_VERSION where there is none. */
const NO_VERSION = 0xff;
/** The first preloader generation that tells ME_ID and SOC_ID. */
const PRELOADER_WITH_IDS = 3;

/**
 * Asks a boot ROM or preloader who it is: GET_HW_CODE, GET_HW_SW_VER, GET_BL_VER; in the boot ROM the watchdog is stopped
 * and GET_VERSION asked; GET_TARGET_CONFIG, and the identifiers where the phone can have them. See docs/protocol/bootrom.md,
 * "Sequences used by real hosts".
 *
 * GET_BL_VER comes before the watchdog write, unlike in the maker's tool, since only its answer tells a boot ROM from a
 * preloader on every kind of port, and a preloader must not be sent that write.
 *
 * Only the chip code and the version byte are indispensable: what else a phone does not know or refuses is left out, with
 * a note, and the conversation brought back into step.
 */
export async function identify(bootRom: BootRom, note: (message: string) => void): Promise<DeviceIdentity> {
  /** Asks; names `what` in a note when there is no answer, unless it is empty. */
  const optional = async <T>(what: string, ask: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await ask();
    } catch (error) {
      if (!isTolerable(error)) throw error;
      if (what) note(`The phone did not tell ${what}: ${error.evidence[0] ?? error.message}.`);
      // A refusal is a whole answer; anything else leaves the conversation out of step.
      if (error.code !== 'BROM_REFUSED') await bootRom.resynchronise();
      return undefined;
    }
  };

  const hwCode = await bootRom.readHwCode();
  // Boot ROMs older than 2010 stay silent here.
  const versions = await optional('its chip versions', () => bootRom.readVersions());
  const { stage, version: bootloaderVersion } = await bootRom.readBootloaderVersion();
  const inBootRom = stage === 'brom';
  const chip = chipByHwCode(hwCode);

  if (inBootRom) await stopWatchdog();
  const bromVersion = inBootRom
    ? await optional('its boot ROM version', () => bootRom.readBootRomVersion())
    : undefined;
  const rawConfig = await optional('its target configuration', () => bootRom.readTargetConfig());
  const targetConfig = decodeTargetConfig(rawConfig ?? 0);
  if (inBootRom && asksForAuthorisation(targetConfig)) {
    note(
      `This boot ROM is locked: ${configText(targetConfig)}. The maker's own tool asks for an authorisation file here.`,
    );
  }
  const tellsIds = inBootRom || bootloaderVersion >= PRELOADER_WITH_IDS;
  const meId = tellsIds ? await optional('its ME_ID', () => bootRom.readId(BootCommand.GET_ME_ID)) : undefined;
  // Chips of the legacy generation have no SOC_ID, and no genuine tool asks them for it. Of the others the older ones
  // have none either, so that its absence is not worth a word.
  const tellsSocId = tellsIds && chip?.agent !== 'legacy';
  const socId = tellsSocId ? await optional('', () => bootRom.readId(BootCommand.GET_SOC_ID)) : undefined;

  return {
    stage,
    hwCode,
    hwSubCode: versions?.hwSubCode ?? 0,
    hwVersion: versions?.hwVersion ?? 0,
    swVersion: versions?.swVersion ?? 0,
    bromVersion: bromVersion ?? NO_VERSION,
    bootloaderVersion,
    ...(chip ? { chip } : {}),
    targetConfig,
    ...(meId ? { meId: hexBytes(meId) } : {}),
    ...(socId ? { socId: hexBytes(socId) } : {}),
  };

  /** The boot ROM does not feed its watchdog: unless stopped it restarts the phone some seconds into the upload. */
  async function stopWatchdog(): Promise<void> {
    if (!chip?.watchdog) {
      note(`Chip ${hex(hwCode, 4)} is not in our list, so its watchdog could not be stopped: it may restart early.`);
      return;
    }
    const { address, value, widthBits } = chip.watchdog;
    try {
      await bootRom.writeRegister(address, value, widthBits);
    } catch (error) {
      if (!isTolerable(error)) throw error;
      note(`The watchdog could not be stopped (${error.evidence[0] ?? error.message}); going on.`);
      if (error.code !== 'BROM_REFUSED') await bootRom.resynchronise();
    }
  }
}
