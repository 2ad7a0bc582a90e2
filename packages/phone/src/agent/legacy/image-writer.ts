import { SPARSE_MAGIC, sum16, viewOf } from '@unbrick/core/wire';
import type { PhoneStorage } from '../../storage/phone-storage.js';
import type { CheckedRange } from './address-range.js';
import type { PacketSink } from './packets.js';
import { SparseExpander } from './sparse-expander.js';

/** Where bytes go, with the proof that they arrived: what a write command and its sparse expansion share. */
export class FlashWriter {
  /** By how much the flash's contents differ from what was written, as a difference of sums. */
  private deviation = 0;

  constructor(
    readonly storage: PhoneStorage,
    readonly target: CheckedRange,
    private readonly readBack: boolean,
  ) {}

  /** @param offset from the start of the command's range */
  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const { region, address } = this.target;
    await this.storage.write(region, address + offset, bytes);
    if (!this.readBack) return;
    const found = await this.storage.read(region, address + offset, bytes.length);
    this.deviation += sum16(found) - sum16(bytes);
  }

  async erase(offset: number, length: number): Promise<void> {
    await this.storage.erase(this.target.region, this.target.address + offset, length);
  }

  /** Bytes from the start of the command's range to the end of the region. */
  get room(): number {
    return (this.storage.regions.get(this.target.region) ?? 0) - this.target.address;
  }

  takeDeviation(): number {
    const deviation = this.deviation;
    this.deviation = 0;
    return deviation;
  }
}

/**
 * Puts the packets of a write command into the flash. When the first packet begins like an Android sparse image, the
 * stream is expanded on the way, as the agents do it.
 */
export class ImageWriter implements PacketSink {
  /** Sum over the stream as the flash holds it; meaningful only when reading back was asked for. */
  readBackSum = 0;
  private offset = 0;
  private sparse: SparseExpander | undefined;
  private readonly flash: FlashWriter;

  constructor(
    storage: PhoneStorage,
    target: CheckedRange,
    private readonly readBack: boolean,
  ) {
    this.flash = new FlashWriter(storage, target, readBack);
  }

  async put(data: Uint8Array): Promise<void> {
    if (this.offset === 0 && data.length >= 4 && viewOf(data).getUint32(0, true) === SPARSE_MAGIC) {
      this.sparse = new SparseExpander(this.flash);
    }
    this.flash.takeDeviation(); // whatever a refused packet left
    await (this.sparse ? this.sparse.put(data) : this.flash.write(this.offset, data));
    this.offset += data.length;
    if (this.readBack) this.readBackSum = (this.readBackSum + sum16(data) + this.flash.takeDeviation()) & 0xffff;
  }
}
