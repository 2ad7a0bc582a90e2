import { createServer, type Server, type Socket } from 'node:net';
import { bytes, concat, struct, text, u8, u16, u32, u64 } from '@unbrick/core/wire';
import type { UsbBus, UsbDevice } from '@unbrick/phone';

/** Packet types of the USB redirection protocol 0.7 (usbredir, docs/usb-redirection-protocol.md). */
const Packet = {
  HELLO: 0,
  CONNECT: 1,
  DISCONNECT: 2,
  RESET: 3,
  INTERFACES: 4,
  ENDPOINTS: 5,
  SET_CONFIGURATION: 6,
  GET_CONFIGURATION: 7,
  CONFIGURATION_STATUS: 8,
  SET_ALTERNATE: 9,
  GET_ALTERNATE: 10,
  ALTERNATE_STATUS: 11,
  START_INTERRUPTS: 15,
  STOP_INTERRUPTS: 16,
  INTERRUPT_STATUS: 17,
  CANCEL: 21,
  FILTER_REJECT: 22,
  DISCONNECT_ACK: 24,
  CONTROL: 100,
  BULK: 101,
} as const;

const Status = { OK: 0, CANCELLED: 1, STALL: 4 } as const;

/** Capabilities; the layouts below hold only when both sides have all of them, as every QEMU of the last ten years has. */
const CAPABILITIES = (1 << 1) | (1 << 3) | (1 << 4) | (1 << 5) | (1 << 6);

const FirstHeader = struct('little', { type: u32, length: u32, id: u32 });
const Header = struct('little', { type: u32, length: u32, id: u64 });
const Hello = struct('little', { version: text(64), capabilities: u32 });
const Connect = struct('little', {
  speed: u8,
  deviceClass: u8,
  subclass: u8,
  protocol: u8,
  vendorId: u16,
  productId: u16,
  version: u16,
});
const ControlHeader = struct('little', {
  endpoint: u8,
  request: u8,
  requestType: u8,
  status: u8,
  value: u16,
  index: u16,
  length: u16,
});
const BulkHeader = struct('little', { endpoint: u8, status: u8, lengthLow: u16, stream: u32, lengthHigh: u16 });
const Interfaces = struct('little', {
  count: u32,
  numbers: bytes(32),
  classes: bytes(32),
  subclasses: bytes(32),
  protocols: bytes(32),
});
/** Tables by endpoint: 0 to 15 OUT, 16 to 31 IN. */
const Endpoints = struct('little', {
  types: bytes(32),
  intervals: bytes(32),
  interfaces: bytes(32),
  packetSizes: bytes(64),
});
const NO_ENDPOINT = 255;
/** Answers kept in case the host has cancelled their transfer; a serial driver has 16 under way. */
const REMEMBERED = 32;
const SPEEDS = { full: 1, high: 2 } as const;

/**
 * The far end of a `usb-redir` device of QEMU: one USB port of the guest, into which devices of this process are plugged.
 * QEMU connects to the socket; the device's descriptors and transfers are asked for over it.
 */
export class RedirectedPort implements UsbBus {
  readonly #server: Server;
  #socket: Socket | undefined;
  /** QEMU has said hello: packets may be sent. */
  #greeted = false;
  #unread: Buffer = Buffer.alloc(0);
  #device: UsbDevice | undefined;
  #configuration = 0;
  /** Bulk transfers that the device has not answered yet. */
  readonly #pending = new Map<number, AbortController>();
  /** IN transfers answered last. */
  #answered: { id: number; endpoint: number; data: Uint8Array }[] = [];
  #onDisconnected: (() => void) | undefined;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @throws Error when the socket cannot be made */
  static async listen(path: string): Promise<RedirectedPort> {
    const server = createServer();
    const port = new RedirectedPort(server);
    server.on('connection', (socket) => port.#accept(socket));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
    return port;
  }

  async attach(device: UsbDevice): Promise<void> {
    await this.detach();
    this.#device = device;
    this.#configuration = 0;
    if (this.#greeted) this.#announce(device);
  }

  /** Resolves when QEMU has taken the device away; the guest notices some milliseconds later. */
  async detach(): Promise<void> {
    if (!this.#device) return;
    this.#device = undefined;
    for (const transfer of this.#pending.values()) transfer.abort();
    this.#pending.clear();
    this.#answered = [];
    if (!this.#greeted) return;
    const done = new Promise<void>((resolve) => {
      this.#onDisconnected = resolve;
    });
    this.#send(Packet.DISCONNECT, 0);
    await done;
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }

  #accept(socket: Socket): void {
    this.#socket = socket;
    socket.on('data', (data) => {
      this.#unread = this.#unread.length > 0 ? Buffer.concat([this.#unread, data]) : data;
      this.#parse();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#greeted = false;
      this.#onDisconnected?.();
    });
    const hello = Hello.build({ version: 'unbrick rig', capabilities: CAPABILITIES });
    socket.write(concat(FirstHeader.build({ type: Packet.HELLO, length: hello.length, id: 0 }), hello));
  }

  #parse(): void {
    for (;;) {
      const header = this.#greeted ? Header : FirstHeader;
      if (this.#unread.length < header.size) return;
      const { type, length, id } = header.parse(this.#unread);
      const end = header.size + length;
      if (this.#unread.length < end) return;
      const body = this.#unread.subarray(header.size, end);
      this.#unread = this.#unread.subarray(end);
      this.#receive(type, id, body);
    }
  }

  #send(type: number, id: number, ...parts: Uint8Array[]): void {
    if (!this.#socket || !this.#greeted) return;
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    this.#socket.cork();
    for (const part of [Header.build({ type, length, id }), ...parts]) this.#socket.write(part);
    this.#socket.uncork();
  }

  #receive(type: number, id: number, body: Uint8Array): void {
    if (type === Packet.HELLO) {
      const { capabilities } = Hello.parse(body);
      if ((capabilities & CAPABILITIES) !== CAPABILITIES) throw new Error('this QEMU is too old for the rig');
      this.#greeted = true;
      if (this.#device) this.#announce(this.#device);
      return;
    }
    if (type === Packet.DISCONNECT_ACK) this.#onDisconnected?.();
    else if (type === Packet.FILTER_REJECT) throw new Error('QEMU refuses the device');
    // Late packets for a device that was unplugged: QEMU has forgotten them.
    else if (this.#device) this.#serve(this.#device, type, id, body);
  }

  #serve(device: UsbDevice, type: number, id: number, body: Uint8Array): void {
    const [first = 0, second = 0] = body;
    switch (type) {
      case Packet.SET_CONFIGURATION:
        this.#configuration = first;
        this.#describe(device);
        this.#send(Packet.CONFIGURATION_STATUS, id, Uint8Array.of(Status.OK, first));
        device.configured();
        break;
      case Packet.GET_CONFIGURATION:
        this.#send(Packet.CONFIGURATION_STATUS, id, Uint8Array.of(Status.OK, this.#configuration));
        break;
      case Packet.SET_ALTERNATE:
        // SET_INTERFACE is not supported in download mode.
        this.#send(Packet.ALTERNATE_STATUS, id, Uint8Array.of(Status.STALL, first, second));
        break;
      case Packet.GET_ALTERNATE:
        this.#send(Packet.ALTERNATE_STATUS, id, Uint8Array.of(Status.OK, first, 0));
        break;
      case Packet.START_INTERRUPTS:
      case Packet.STOP_INTERRUPTS:
        // There is an interrupt endpoint, on which nothing is ever said.
        this.#send(Packet.INTERRUPT_STATUS, id, Uint8Array.of(Status.OK, first));
        break;
      case Packet.CANCEL:
        this.#cancel(device, id);
        break;
      case Packet.CONTROL:
        this.#control(device, id, body);
        break;
      case Packet.BULK:
        void this.#bulk(device, id, body);
    }
  }

  #announce(device: UsbDevice): void {
    this.#describe(device);
    const descriptor = device.deviceDescriptor;
    const { deviceClass, deviceSubclass, deviceProtocol, vendorId, productId, deviceVersion } = descriptor;
    this.#send(
      Packet.CONNECT,
      0,
      Connect.build({
        speed: SPEEDS[device.speed],
        deviceClass,
        subclass: deviceSubclass,
        protocol: deviceProtocol,
        vendorId,
        productId,
        version: deviceVersion,
      }),
    );
  }

  /** Tables of endpoints and interfaces: needed before a device is announced and after it is configured. */
  #describe(device: UsbDevice): void {
    const types = new Uint8Array(32).fill(NO_ENDPOINT);
    const tables = { types, intervals: new Uint8Array(32), interfaces: new Uint8Array(32) };
    const packetSizes = new Uint8Array(64);
    const sizes = new DataView(packetSizes.buffer);
    types[0] = types[16] = 0;
    for (const index of [0, 16]) sizes.setUint16(2 * index, 64, true);
    const { interfaces } = device;
    for (const each of interfaces) {
      for (const { address, type, interval, packetSize } of each.endpoints) {
        const index = (address & 0x0f) | ((address & 0x80) >> 3);
        types[index] = type;
        tables.intervals[index] = interval;
        tables.interfaces[index] = each.number;
        sizes.setUint16(2 * index, packetSize, true);
      }
    }
    this.#send(Packet.ENDPOINTS, 0, Endpoints.build({ ...tables, packetSizes }));
    this.#send(
      Packet.INTERFACES,
      0,
      Interfaces.build({
        count: interfaces.length,
        numbers: Uint8Array.from(interfaces, (each) => each.number),
        classes: Uint8Array.from(interfaces, (each) => each.class),
        subclasses: Uint8Array.from(interfaces, (each) => each.subclass),
        protocols: Uint8Array.from(interfaces, (each) => each.protocol),
      }),
    );
  }

  #control(device: UsbDevice, id: number, body: Uint8Array): void {
    const setup = ControlHeader.parse(body);
    const answer = device.control(setup, body.subarray(ControlHeader.size));
    if (answer === 'stall') {
      this.#send(Packet.CONTROL, id, ControlHeader.build({ ...setup, status: Status.STALL, length: 0 }));
      return;
    }
    const isIn = (setup.requestType & 0x80) !== 0;
    const data = isIn ? answer.subarray(0, setup.length) : new Uint8Array(0);
    const length = isIn ? data.length : setup.length;
    this.#send(Packet.CONTROL, id, ControlHeader.build({ ...setup, status: Status.OK, length }), data);
  }

  /**
   * A controller ends a transfer with or without its data. QEMU drops data that crosses its cancellation: they have to be
   * sent again, as nothing would be lost on a real cable.
   */
  #cancel(device: UsbDevice, id: number): void {
    const pending = this.#pending.get(id);
    pending?.abort();
    if (pending) return;
    // Numbers are used again: the last one counts.
    const crossed = this.#answered.findLast((each) => each.id === id);
    if (crossed) device.giveBack(crossed.endpoint, crossed.data);
  }

  async #bulk(device: UsbDevice, id: number, body: Uint8Array): Promise<void> {
    const header = BulkHeader.parse(body);
    const isIn = (header.endpoint & 0x80) !== 0;
    const wanted = header.lengthLow + header.lengthHigh * 0x10000;
    const transfer = new AbortController();
    this.#pending.set(id, transfer);
    let status: number = Status.OK;
    let data: Uint8Array = new Uint8Array(0);
    try {
      if (isIn) data = await device.in(header.endpoint, wanted, transfer.signal);
      else await device.out(header.endpoint, body.subarray(BulkHeader.size), transfer.signal);
    } catch {
      status = transfer.signal.aborted ? Status.CANCELLED : Status.STALL;
    }
    // Nobody waits for the answer of a device that was unplugged meanwhile.
    if (this.#device !== device) return;
    // The number may belong to another transfer already when this one was cancelled.
    if (this.#pending.get(id) === transfer) this.#pending.delete(id);
    if (isIn && status === Status.OK && transfer.signal.aborted) {
      // Cancelled in the moment in which it was begun, with data there: QEMU would drop them.
      device.giveBack(header.endpoint, data);
      status = Status.CANCELLED;
      data = new Uint8Array(0);
    }
    const length = status !== Status.OK ? 0 : isIn ? data.length : wanted;
    const answer = BulkHeader.build({ ...header, status, lengthLow: length & 0xffff, lengthHigh: length >>> 16 });
    this.#send(Packet.BULK, id, answer, data);
    if (isIn && data.length > 0) {
      this.#answered.push({ id, endpoint: header.endpoint, data });
      if (this.#answered.length > REMEMBERED) this.#answered.shift();
    }
  }
}
