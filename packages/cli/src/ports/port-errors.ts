import { UnbrickError } from '@unbrick/core';
import { UDEV_RULE_FILE, UDEV_RULES } from './udev-rules.js';

/** Another program holds the device. */
export function portBusy(path: string, cause: unknown): UnbrickError {
  return failure('PORT_BUSY', `Another program uses ${path}.`, path, cause, [
    'Close other flash tools and terminal programs.',
    ...(process.platform === 'linux'
      ? [
          'Linux: ModemManager opens every new phone; stop it for this job: sudo systemctl stop ModemManager',
          `See who holds it: sudo fuser -v ${path}`,
        ]
      : []),
    'Unplug the phone, wait for five seconds and plug it in again.',
  ]);
}

/** The user may not open the device. */
export function portForbidden(path: string, cause: unknown): UnbrickError {
  return failure('PORT_PERMISSION', `You are not allowed to open ${path}.`, path, cause, [
    ...(process.platform === 'linux'
      ? [
          'Add yourself to the group of serial devices and log in again: sudo usermod -aG dialout "$USER" (Arch: uucp)',
          `Or let udev open phones to everybody at the desk, in ${UDEV_RULE_FILE}: ${UDEV_RULES.join(' and ')}; then: ` +
            'sudo udevadm control --reload (the rules also keep ModemManager away)',
        ]
      : ['Check who owns the device and run the program as that user.']),
  ]);
}

/** The device is not there (any more). */
export function portGone(path: string, cause?: unknown): UnbrickError {
  return new UnbrickError({
    code: 'PORT_GONE',
    stage: 'connect',
    message: `There is no device ${path} (any more).`,
    evidence: [
      cause === undefined ? 'it was looked for and not seen' : cause instanceof Error ? cause.message : String(cause),
    ],
    ...(cause === undefined ? {} : { cause }),
    next: ['Plug the phone in again; it may show up under another name. --port auto finds it by itself.'],
  });
}

/** Opening failed for a reason that is not known to be common. */
export function portFailed(path: string, cause: unknown): UnbrickError {
  return failure('PORT_FAILED', `${path} could not be opened.`, path, cause, [
    'Unplug the phone, wait for five seconds and plug it in again.',
    'Try another cable and another USB port, without a hub.',
  ]);
}

/** No native serial library for this system. */
export function serialUnsupported(cause: unknown): UnbrickError {
  return failure('PORT_UNSUPPORTED', 'Serial devices cannot be used on this system.', 'the serial library', cause, [
    `There is no prebuilt serial library for ${process.platform} on ${process.arch}; with a C++ compiler: npm rebuild @serialport/bindings-cpp`,
    'TCP and virtual ports work without it.',
  ]);
}

/** Several phones and no word about which one is meant. */
export function severalPhones(names: readonly string[]): UnbrickError {
  return new UnbrickError({
    code: 'PORT_AMBIGUOUS',
    stage: 'connect',
    message: 'More than one phone is connected.',
    evidence: names.map((name) => `seen: ${name}`),
    next: ['Unplug all but the one that is meant, or name its port, for example: --port usb:1-4.2'],
  });
}

function failure(code: string, message: string, path: string, cause: unknown, next: string[]): UnbrickError {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new UnbrickError({ code, stage: 'connect', message, evidence: [`opening ${path}: ${said}`], next, cause });
}
