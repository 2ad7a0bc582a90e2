import type { System } from './system.js';

export interface Recording {
  platform?: NodeJS.Platform;
  env?: Record<string, string>;
  user?: { name: string; root: boolean };
  /** Path → text. Folders follow from the paths. */
  files?: Record<string, string>;
  /** Path → where it leads. */
  links?: Record<string, string>;
  /** Device files this user may not open. */
  closed?: string[];
  /** `program argument …` → output. */
  answers?: Record<string, string>;
}

/** A computer that is only remembered: recorded files, links and outputs. */
export function recordedSystem(recording: Recording): System {
  const { files = {}, links = {}, closed = [], answers = {} } = recording;
  const paths = [...Object.keys(files), ...Object.keys(links)];
  return {
    platform: recording.platform ?? 'linux',
    env: recording.env ?? {},
    user: recording.user ?? { name: 'maria', root: false },
    read: (path) => files[path],
    list: (path) => {
      const folder = path === '/' ? '/' : `${path}/`;
      return [
        ...new Set(
          paths
            .filter((each) => each.startsWith(folder))
            .map((each) => each.slice(folder.length).split('/')[0] as string),
        ),
      ];
    },
    link: (path) => links[path],
    mayOpen: (path) => (closed.includes(path) ? false : path in files ? true : undefined),
    ask: async (program, args) => answers[[program, ...args].join(' ')],
  };
}

interface RecordedUsb {
  place: string;
  id: string;
  product?: string;
  speed?: number;
  bus?: number;
  device?: number;
  tty?: string;
  driver?: string;
  hub?: boolean;
}

/** The sysfs of a USB device, as the Linux kernel lays it out. */
export function sysfsUsb(devices: readonly RecordedUsb[]): Pick<Required<Recording>, 'files' | 'links'> {
  const files: Record<string, string> = { '/sys/bus/usb/devices/usb1/idVendor': '1d6b\n' };
  const links: Record<string, string> = {};
  for (const { place, id, product = '', speed = 480, bus = 1, device = 7, tty, driver, hub = false } of devices) {
    const folder = `/sys/bus/usb/devices/${place}`;
    const [vendor, productId] = id.split(':') as [string, string];
    Object.assign(files, {
      [`${folder}/idVendor`]: `${vendor}\n`,
      [`${folder}/idProduct`]: `${productId}\n`,
      [`${folder}/product`]: `${product}\n`,
      [`${folder}/speed`]: `${speed}\n`,
      [`${folder}/busnum`]: `${bus}\n`,
      [`${folder}/devnum`]: `${device}\n`,
      [`${folder}/bDeviceClass`]: hub ? '09\n' : '02\n',
      [`/dev/bus/usb/${String(bus).padStart(3, '0')}/${String(device).padStart(3, '0')}`]: '',
    });
    if (driver) links[`${folder}:1.0/driver`] = `../../../../../../bus/usb/drivers/${driver}`;
    if (tty) {
      files[`${folder}:1.0/tty/${tty}/dev`] = '166:0\n';
      files[`/dev/${tty}`] = '';
    }
  }
  return { files, links };
}
