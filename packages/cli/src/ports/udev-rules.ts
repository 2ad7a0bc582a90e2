/** Where the rules belong: before 73-seat-late.rules, which acts on the tag. */
export const UDEV_RULE_FILE = '/etc/udev/rules.d/60-unbrick.rules';

/** Open MediaTek devices, serial and raw, to whoever sits at the computer, and keep ModemManager away from them. */
export const UDEV_RULES: readonly string[] = [
  'SUBSYSTEM=="usb", ATTR{idVendor}=="0e8d", TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1"',
  'SUBSYSTEM=="tty", ATTRS{idVendor}=="0e8d", TAG+="uaccess", ENV{ID_MM_DEVICE_IGNORE}="1"',
];
