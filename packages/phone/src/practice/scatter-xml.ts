import type { StorageKind } from '@unbrick/core';
import { writeXml, type XmlOutput } from '@unbrick/core/wire';
import type { Profile } from '../profiles/profile.js';
import { hex, multiStorageFields, storageWords } from './scatter.js';

/** The scatter file of a practice firmware for phones with XML agents: XML of version V2.2.0, with the phone's storage. */
export function scatterXml(profile: Profile): string {
  const { platform, project, storage } = profile;
  return writeXml(
    element('root', undefined, [
      element('general', 'MTK_PLATFORM_CFG', [
        element('config_version', 'V2.2.0', [field('platform', platform), field('project', project)]),
      ]),
      storageElement(profile, storage.kind),
    ]),
    { indent: 2 },
  );
}

function storageElement(profile: Profile, kind: StorageKind): XmlOutput {
  const storage = kind.toUpperCase();
  const { bootChannel, blockSize } = storageWords(kind);
  return element('storage_type', storage, [
    element('general', 'MTK_STORAGE_CFG', [
      element('storage', storage, [field('boot_channel', bootChannel), field('block_size', hex(blockSize))]),
    ]),
    ...profile.partitions.map((partition, index) =>
      element(
        'partition_index',
        `SYS${index}`,
        multiStorageFields(profile, partition, kind).map(([key, value]) => field(key, value)),
      ),
    ),
  ]);
}

function element(name: string, title: string | undefined, content: readonly XmlOutput[]): XmlOutput {
  return { name, ...(title === undefined ? {} : { attributes: { name: title } }), content };
}

function field(name: string, content: string): XmlOutput {
  return { name, content };
}
