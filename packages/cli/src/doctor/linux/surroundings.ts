import type { Finding } from '@unbrick/core';
import { found } from '../finding.js';
import type { System } from '../system.js';

/** The kernel's default, MiB. Some distributions and phones' transfers need more. */
const USBFS_DEFAULT_MB = 16;

/** What the program runs in: containers, snaps and WSL see no phones unless somebody lets them. */
export function checkSurroundings(system: System): Finding[] {
  const walls = [
    system.env.SNAP ? `snap ${system.env.SNAP_NAME ?? ''}`.trim() : undefined,
    system.env.FLATPAK_ID || system.read('/.flatpak-info') !== undefined ? 'flatpak' : undefined,
    system.read('/.dockerenv') !== undefined || system.list('/').includes('.dockerenv') ? 'Docker' : undefined,
    system.read('/run/.containerenv') !== undefined ? 'Podman' : undefined,
    /lxc|kubepods|docker/.test(system.read('/proc/1/cgroup') ?? '') ? 'a container' : undefined,
  ].filter((wall): wall is string => wall !== undefined);
  const wsl = /microsoft/i.test(system.read('/proc/version') ?? '');
  const noUsb = system.list('/sys/bus/usb/devices').length === 0;
  if (wsl && noUsb) {
    return [
      found(
        'blocker',
        'NO_USB_HERE',
        'Linux inside Windows (WSL) sees no USB devices.',
        ['/sys/bus/usb is empty'],
        [
          'Run unbrick in Windows itself: it needs no extra driver there.',
          'Or hand the device over with usbipd for each of its appearances (the two seconds of a preloader are too short for that).',
        ],
      ),
    ];
  }
  if (noUsb) {
    return [
      found(
        'blocker',
        'NO_USB_HERE',
        walls.length > 0 ? `Inside ${walls.join(', ')} no USB device is seen.` : 'This system has no USB at all.',
        ['/sys/bus/usb/devices is missing or empty'],
        [
          'Run unbrick outside of it; or give it /dev/bus/usb, /sys and the tty devices, with rights to devices that come later.',
        ],
      ),
    ];
  }
  const findings =
    walls.length > 0
      ? [
          found(
            'warning',
            'INSIDE_CONTAINER',
            `This runs inside ${walls.join(', ')}, where a phone that comes later often stays unseen.`,
            walls,
            ['If the phone is not found, run unbrick outside of it.'],
          ),
        ]
      : [];
  return [...findings, ...usbfsLimit(system)];
}

function usbfsLimit(system: System): Finding[] {
  const limit = Number(system.read('/sys/module/usbcore/parameters/usbfs_memory_mb') ?? Number.NaN);
  if (Number.isNaN(limit) || limit === 0 || limit >= USBFS_DEFAULT_MB) return [];
  return [
    found(
      'warning',
      'USBFS_LIMIT',
      'The kernel gives raw USB transfers very little memory.',
      [`usbfs_memory_mb is ${limit}, usual is ${USBFS_DEFAULT_MB}`],
      [`echo ${USBFS_DEFAULT_MB} | sudo tee /sys/module/usbcore/parameters/usbfs_memory_mb`],
    ),
  ];
}
