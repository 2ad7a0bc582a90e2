/** WRITE-FLASH and WRITE-PARTITION. docs/protocol/xml-agent.md, "WRITE-FLASH" and "WRITE-PARTITION". */
import { type XmlElement, xmlText } from '@unbrick/core/wire';
import { CommandFailed, logCommand, required, requireStorage, type XmlAgentState } from './agent-state.js';
import {
  type Area,
  isPreloader,
  isTable,
  partitionSink,
  rawSink,
  refuseUnsigned,
  regionArea,
  requirePartition,
} from './areas.js';
import { downloadToFlash, downloadToMemory } from './download-file.js';
import { eraseWithProgress } from './erasing.js';
import { fileExists, fileSystemOperation, splitPath } from './file-system.js';
import { wireHex } from './request.js';
import { parseNumber } from './text-channel.js';

/** A signature file is far smaller; the agent has no room for more. */
const SIGNATURE_LIMIT = 0x100000;

/** The span about to be written is erased first, however small it is. */
export async function writeFlash(state: XmlAgentState, root: XmlElement): Promise<void> {
  const name = required(root, 'arg', 'partition');
  const offset = parseNumber(required(root, 'arg', 'offset'));
  const sourceFile = required(root, 'arg', 'source_file');
  requireStorage(state);
  logCommand(state, 'WRITE-FLASH', true, { partition: name, offset });
  const region = regionArea(state, name);
  refuseUnsigned(state, name);
  const { ok, value: size } = await fileSystemOperation(state, 'FILE-SIZE', sourceFile);
  if (!ok) throw new CommandFailed('Get host file size failed.\n');
  const available = Math.max(region.size - offset, 0);
  if (size > available) {
    throw new CommandFailed(
      `Host file size[${wireHex(size)}] is larger than max partition available size[${wireHex(available)}].\n`,
    );
  }
  const target: Area = { ...region, start: offset, size };
  await eraseWithProgress(state, name, [target]);
  await downloadToFlash(state, { info: name, sourceFile, limit: size }, () => rawSink(state, target));
  state.tables.forget();
}

export async function writePartition(state: XmlAgentState, root: XmlElement): Promise<void> {
  const name = required(root, 'arg', 'partition');
  const sourceFile = required(root, 'arg', 'source_file');
  requireStorage(state);
  logCommand(state, 'WRITE-PARTITION', true, { partition: name });
  const area = await requirePartition(state, name);
  if (xmlText(root, 'arg', 'pre_erase') === 'YES' && !isPreloader(area) && !isTable(area)) {
    await eraseWithProgress(state, name, [area]);
  }
  await writeImage(state, area, sourceFile, name);
}

/**
 * The two probes for files of signed firmware, and then the image; a file whose name says that it is verified takes the
 * image's place. @throws CommandFailed
 */
export async function writeImage(state: XmlAgentState, area: Area, sourceFile: string, info: string): Promise<void> {
  refuseUnsigned(state, area.name);
  const { folder, stem, extension } = splitPath(sourceFile);
  const signature = `${folder}${stem}.sig`;
  if (await fileExists(state, signature)) {
    // Nothing on this phone asks for signatures of images.
    await downloadToMemory(state, { info: '.sig', sourceFile: signature, limit: SIGNATURE_LIMIT });
  }
  const verified = `${folder}${stem}-verified${extension}`;
  const file = (await fileExists(state, verified)) ? verified : sourceFile;
  const sum = await downloadToFlash(state, { info, sourceFile: file, limit: area.size }, (total) =>
    partitionSink(state, area, total),
  );
  if (isTable(area)) state.tables.forget();
  state.downloads.push({ partition: area.name, sum, file });
}

/** One signature for all images of a firmware; nothing on this phone asks for it. */
export async function storeSignature(state: XmlAgentState, root: XmlElement): Promise<void> {
  const sourceFile = required(root, 'arg', 'source_file');
  logCommand(state, 'SECURITY-SET-ALLINONE-SIGNATURE');
  await downloadToMemory(state, { info: 'Signature', sourceFile, limit: SIGNATURE_LIMIT });
}
