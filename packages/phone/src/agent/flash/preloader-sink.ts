/**
 * DOWNLOAD of `preloader`: the agent puts the boot header in front and writes both boot areas.
 * docs/protocol/xflash-agent.md, "DOWNLOAD"; layout in docs/protocol/preloader.md, "Preloader file".
 */
import { latin1, struct, text, u16, u32, XflashStatus } from '@unbrick/core/wire';
import { type FittedStorage, regionSize } from './fitted-storage.js';
import { AgentError, type FlashContext } from './flash-context.js';
import type { ImageSink } from './programmer.js';
import { program } from './raw-sink.js';

const DeviceHeader = struct('little', { name: text(12), version: u32, layoutOffset: u32 });
const BootLayout = struct('little', { name: text(8), version: u32, firstImage: u32, boundary: u32 });
const BootDescriptor = struct('little', {
  magic: text(4),
  device: u16,
  type: u16,
  begin: u32,
  boundary: u32,
  attribute: u32,
});

const LAYOUT_OFFSET = 0x200;
const DEVICE_EMMC_BOOT_REGION = 5;
const TYPE_BOOT_LOADER = 1;
/** The boundary in known headers is a multiple of this. */
const BOUNDARY_STEP = 0x400;
/** Start of the file information that every plain preloader begins with. */
const GFH_MAGIC = [0x4d, 0x4d, 0x4d, 0x01] as const;
const BOOT_HEADER_NAMES = ['EMMC_BOOT', 'UFS_BOOT', 'COMBO_BOOT'];

/** Gathers the image, at most a boot area of it, and writes it at the end. */
export class PreloaderSink implements ImageSink {
  #image: Uint8Array;
  #length = 0;

  constructor(
    private readonly flash: FlashContext,
    total: number,
  ) {
    this.#image = new Uint8Array(Math.min(total, this.#areaSize()));
  }

  async write(bytes: Uint8Array): Promise<void> {
    const room = this.#image.subarray(Math.min(this.#length, this.#image.length));
    room.set(bytes.subarray(0, room.length));
    this.#length += bytes.length;
  }

  async finish(): Promise<void> {
    if (this.#length > this.#image.length) throw new AgentError(XflashStatus.IMAGE_TOO_LARGE);
    const content = withBootHeader(this.#image, this.flash.fitted);
    if (content === undefined) throw new AgentError(XflashStatus.PRELOADER_NOT_FOUND);
    if (content.length > this.#areaSize()) throw new AgentError(XflashStatus.IMAGE_TOO_LARGE);
    for (const region of this.flash.fitted.boot) await program(this.flash, region, 0, content);
  }

  #areaSize(): number {
    return Math.min(...this.flash.fitted.boot.map((region) => regionSize(this.flash.storage, region)));
  }
}

/** The image as it has to stand in a boot area; undefined when it is no preloader. Exported for its test. */
export function withBootHeader(image: Uint8Array, fitted: FittedStorage): Uint8Array | undefined {
  if (BOOT_HEADER_NAMES.includes(latin1(image.subarray(0, 12)))) return image;
  if (!GFH_MAGIC.every((byte, i) => image[i] === byte)) return undefined;
  const { name, imageOffset } = fitted.bootHeader;
  const boundary = Math.ceil((imageOffset + image.length) / BOUNDARY_STEP) * BOUNDARY_STEP;
  const content = new Uint8Array(imageOffset + image.length);
  content.fill(0xff, 0, LAYOUT_OFFSET);
  content.set(DeviceHeader.build({ name, version: 1, layoutOffset: LAYOUT_OFFSET }));
  content.set(BootLayout.build({ name: 'BRLYT', version: 1, firstImage: imageOffset, boundary }), LAYOUT_OFFSET);
  content.set(
    BootDescriptor.build({
      magic: 'BBBB',
      device: DEVICE_EMMC_BOOT_REGION,
      type: TYPE_BOOT_LOADER,
      begin: imageOffset,
      boundary,
      attribute: 1,
    }),
    LAYOUT_OFFSET + BootLayout.size,
  );
  content.set(image, imageOffset);
  return content;
}
