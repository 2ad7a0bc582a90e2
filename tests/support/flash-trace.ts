import { type FirmwarePackage, openImage, type Plan } from '@unbrick/core';
import { hex, LegacyPart } from '@unbrick/core/wire';
import type { PhoneLogEntry } from '@unbrick/phone';

const LEGACY_REGIONS: Record<number, string> = {
  [LegacyPart.BOOT1]: 'boot1',
  [LegacyPart.BOOT2]: 'boot2',
  [LegacyPart.USER]: 'user',
};

const XML_REGIONS: Record<string, string> = {
  'EMMC-BOOT1': 'boot1',
  'EMMC-BOOT2': 'boot2',
  'EMMC-USER': 'user',
  'UFS-LUA0': 'lu0',
  'UFS-LUA1': 'lu1',
  'UFS-LUA2': 'lu2',
};

/** What the phone was told to change, in the order in which it came, in one form for all agents. */
export function writesSeen(log: readonly PhoneLogEntry[]): string[] {
  return log
    .filter((entry) => entry.writes && !isProgrammed(entry))
    .flatMap(({ what, detail = {} }): string[] => {
      const region = detail.section ?? LEGACY_REGIONS[Number(detail.part)] ?? `part ${detail.part}`;
      const place = `${region} ${typeof detail.address === 'number' ? hex(detail.address) : detail.address} +${detail.length}`;
      switch (what) {
        case 'SDMMC_WRITE_DATA':
        case 'WRITE_DATA':
          return [`write ${place}`];
        case 'FORMAT':
          return [`erase ${place}`];
        case 'DOWNLOAD':
          return [`write ${String(detail.name).toLowerCase()} +${detail.length}`];
        // The length of a write is not in the command: the agent asks the host for the size of a file.
        case 'WRITE-FLASH':
          return [`write ${XML_REGIONS[String(detail.partition)]} ${hex(Number(detail.offset))}`];
        case 'ERASE-FLASH':
          return [
            `erase ${XML_REGIONS[String(detail.partition)]} ${hex(Number(detail.offset))} +${Number(detail.length)}`,
          ];
        case 'WRITE-PARTITION':
          return [`write ${String(detail.partition).toLowerCase()}`];
        case 'DOWNLOAD_BLOADER':
          return ['write preloader'];
        // House-keeping after raw writes.
        case 'CC_OPTIONAL_DOWNLOAD_ACT':
          return [];
        default:
          return [what];
      }
    });
}

/** On NAND each write erases its blocks first: what is then programmed lies within them. */
function isProgrammed({ what }: PhoneLogEntry): boolean {
  return what === 'NAND_WRITE_DATA';
}

/** {@link writesSeen} of a NAND phone; throws when blocks were programmed that no erase of the same write had emptied. */
export function nandWritesSeen(log: readonly PhoneLogEntry[], eraseBlock: number): string[] {
  let emptied = { start: 0, end: 0 };
  for (const { what, writes, detail = {} } of log) {
    if (!writes) continue;
    if (what === 'FORMAT') {
      emptied = { start: Number(detail.address), end: Number(detail.address) + Number(detail.length) };
    }
    if (what !== 'NAND_WRITE_DATA') continue;
    const start = Number(detail.startBlock) * eraseBlock;
    if (start < emptied.start || start + Number(detail.length) > emptied.end)
      throw new Error(`programmed ${hex(start)}`);
  }
  return writesSeen(log).map((line) => line.replace(/^erase user /, 'erase nand '));
}

/** What a plan for a NAND says will be changed, in the same form. */
export async function nandWritesPlanned(plan: Plan, firmware: FirmwarePackage, eraseBlock: number): Promise<string[]> {
  const lines = await writesPlanned(plan, firmware, 'legacy');
  return lines.map((line) => {
    const [, region, start, length] = /^write (nand) (0x[0-9a-f]+) \+(\d+)$/i.exec(line) ?? [];
    return region ? `erase nand ${start} +${Math.ceil(Number(length) / eraseBlock) * eraseBlock}` : line;
  });
}

/** What a plan says will be changed, in the same form. */
export async function writesPlanned(
  plan: Plan,
  firmware: FirmwarePackage,
  agent: 'legacy' | 'xflash' | 'xml',
): Promise<string[]> {
  const lines: string[] = [];
  for (const step of plan.steps) {
    if (step.proven) continue;
    switch (step.kind) {
      case 'erase':
        lines.push(`erase ${step.extent.region} ${hex(step.extent.start)} +${step.extent.length}`);
        break;
      case 'write': {
        const image = await openImage(await firmware.folder.open(step.path));
        for (const { start, length } of image.runs) {
          lines.push(`write ${step.extent.region} ${hex(step.extent.start + start)} +${length}`);
        }
        break;
      }
      case 'restore':
        lines.push(`write ${step.extent.region} ${hex(step.extent.start)} +${step.bytes}`);
        break;
      case 'write-table': {
        if (step.region === 'nand') {
          lines.push('NAND_WRITE_PARTITION_TABLE');
          break;
        }
        const [primary, backup] = step.extents;
        const line = (name: string, extent = primary) =>
          agent === 'xflash'
            ? `write ${name} +${extent?.length}`
            : `write ${extent?.region} ${hex(extent?.start ?? 0)} +${extent?.length}`;
        // The copy at the end first.
        lines.push(line('sgpt', backup), line('pgpt'));
        break;
      }
      case 'write-preloader':
        lines.push(agent === 'xflash' ? `write preloader +${step.bytes}` : 'write preloader');
        break;
    }
  }
  return agent === 'xml' ? lines.map((line) => line.replace(/^(write .*) \+\d+$/, '$1')) : lines;
}
