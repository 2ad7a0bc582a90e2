import { type Stage, UnbrickError } from '../../errors/unbrick-error.js';
import type { Region } from '../../storage/storage.js';

/** Names of regions in READ-, WRITE- and ERASE-FLASH. See docs/protocol/xml-agent.md, "Regions". */
const NAMES: Partial<Record<Region, string>> = {
  boot1: 'EMMC-BOOT1',
  boot2: 'EMMC-BOOT2',
  rpmb: 'EMMC-RPMB',
  gp1: 'EMMC-GP1',
  gp2: 'EMMC-GP2',
  gp3: 'EMMC-GP3',
  gp4: 'EMMC-GP4',
  user: 'EMMC-USER',
  lu0: 'UFS-LUA0',
  lu1: 'UFS-LUA1',
  lu2: 'UFS-LUA2',
};

/** The agent's name of a region. @throws UnbrickError `REGION_UNREACHABLE` */
export function regionName(region: Region, stage: Stage): string {
  const name = NAMES[region];
  if (name !== undefined) return name;
  throw new UnbrickError({
    code: 'REGION_UNREACHABLE',
    stage,
    message: `This kind of Download Agent cannot reach ${region}.`,
    evidence: [`reachable: ${Object.keys(NAMES).join(', ')}`],
    next: ['Leave this region out of the job.'],
  });
}
