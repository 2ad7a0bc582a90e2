#!/usr/bin/env bash
# Prepares what the rig's guest boots, from Debian's mirror (some 75 MB once): a stock kernel, its USB drivers, udev.
# Prints the folder; does nothing when it is there already. Needs root or sudo only where QEMU is missing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${UNBRICK_RIG_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/unbrick-rig}
stamp=$(cat "$here/setup.sh" "$here/guest/init" | sha256sum | cut -c1-16)
if [ "$(cat "$cache/stamp" 2>/dev/null)" = "$stamp" ] && type qemu-system-x86_64 pgrep setpriv flock >/dev/null 2>&1; then echo "$cache"; exit; fi

export DEBIAN_FRONTEND=noninteractive
sudo=""
[ "$(id -u)" -eq 0 ] || sudo=sudo
need=()
command -v qemu-system-x86_64 >/dev/null || need+=(qemu-system-x86)
command -v xz >/dev/null || need+=(xz-utils)
# The guest's programs are this computer's.
command -v pgrep >/dev/null || need+=(procps)
type setpriv flock >/dev/null 2>&1 || need+=(util-linux)
$sudo apt-get update -qq
if [ ${#need[@]} -gt 0 ]; then
  $sudo apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "${need[@]}" >/dev/null
fi

rm -rf "$cache"
mkdir -p "$cache/debs" "$cache/root" "$cache/layer/usr" "$cache/initrd/m"
# The package of the current kernel behind the name that always exists.
kernel=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
(cd "$cache/debs" && apt-get download -qq "$kernel" busybox-static udev libsystemd-shared libkmod2 libudev1 2> >(grep -v unsandboxed >&2))
for deb in "$cache"/debs/{linux-image,busybox-static}*.deb; do dpkg -x "$deb" "$cache/root"; done
for deb in "$cache"/debs/{udev,libsystemd-shared,libkmod2,libudev1}_*.deb; do dpkg -x "$deb" "$cache/udev"; done
# On the guest's root /bin, /sbin and /lib are links into /usr.
for folder in usr/bin usr/sbin usr/lib bin sbin lib; do
  [ -d "$cache/udev/$folder" ] || continue
  mkdir -p "$cache/layer/usr/${folder#usr/}"
  cp -a "$cache/udev/$folder/." "$cache/layer/usr/${folder#usr/}/"
done
# Hot-plug events need udev, but most of its rules only cost boot time.
find "$cache/layer/usr/lib/udev/rules.d" -name '*.rules' ! -name 50-udev-default.rules ! -name 60-serial.rules -delete

version=$(cd "$cache/root/lib/modules" && echo *)
# An uncompressed kernel starts through PVH: without hardware acceleration decompressing takes seconds. The image's header
# (Linux boot protocol: setup_sects, payload_offset, payload_length) tells where the compressed one lies.
node -e '
  const image = require("fs").readFileSync(process.argv[1]);
  const start = ((image[0x1f1] || 4) + 1) * 512 + image.readUInt32LE(0x248);
  process.stdout.write(image.subarray(start, start + image.readUInt32LE(0x24c)));
' "$cache/root/boot/vmlinuz-$version" | xz -dc --single-stream >"$cache/vmlinux"

# Initial file system: busybox, init, and the drivers with all they depend on, in loading order.
busybox=$cache/root/bin/busybox
"$busybox" depmod -b "$cache/root" "$version" 2>/dev/null || true
mkdir -p "$cache/initrd"/{bin,dev,proc,sys}
cp "$busybox" "$cache/initrd/bin/"
cp "$here/guest/init" "$cache/initrd/init"
chmod +x "$cache/initrd/init"
node - "$cache/root/lib/modules/$version" "$cache/initrd" <<'JS'
const { readFileSync, copyFileSync, writeFileSync } = require('node:fs');
const { basename } = require('node:path');
const [, , modules, target] = process.argv;
const needs = new Map();
for (const line of readFileSync(`${modules}/modules.dep`, 'utf8').trim().split('\n')) {
  const [path, list] = line.split(':');
  needs.set(path, list.trim().split(/\s+/).filter(Boolean));
}
const nameOf = (path) => basename(path).replace(/\.ko.*/, '').replaceAll('-', '_');
const pathOf = new Map([...needs.keys()].map((path) => [nameOf(path), path]));
const ordered = new Set();
const add = (path) => {
  if (!path) throw new Error('a kernel module is missing');
  for (const need of needs.get(path)) add(need);
  ordered.add(path);
};
for (const name of ['virtio_pci', '9pnet_virtio', '9p', 'overlay', 'virtio_console', 'xhci_pci', 'cdc_acm']) add(pathOf.get(name));
for (const path of ordered) copyFileSync(`${modules}/${path}`, `${target}/m/${basename(path)}`);
writeFileSync(`${target}/modules`, [...ordered].map((path) => `/m/${basename(path)}\n`).join(''));
JS
(cd "$cache/initrd" && find . | "$busybox" cpio -o -H newc 2>/dev/null) >"$cache/initrd.cpio"
rm -rf "$cache/root" "$cache/udev" "$cache/initrd" "$cache/debs"
echo "$stamp" >"$cache/stamp"
echo "$cache"
