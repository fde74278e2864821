#!/usr/bin/env bash
# Becomes systemd on a throw-away copy of this machine: everything written goes to memory, the network is
# a loopback of its own, and nothing of it is left when the process ends. Started by tests/package.sh, in
# namespaces of its own.
#
#   machine.sh FOLDER REPOSITORY     FOLDER is empty; REPOSITORY appears as /mnt/sluss
set -euo pipefail
folder=$1 repository=$2

mount --make-rprivate /
mount -t tmpfs -o size=2g,mode=755 tmpfs "$folder"
mkdir "$folder/changed" "$folder/work" "$folder/root"
root=$folder/root
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/changed,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
ln -s /proc/self/fd "$root/dev/fd"
mkdir "$root/dev/shm" "$root/dev/pts" "$root/run/lock" "$root/run/packages"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
mkdir -p "$root/mnt/sluss" "$root/mnt/before"
mount --bind "$repository" "$root/mnt/sluss"
mount -o remount,bind,ro "$root/mnt/sluss"
ip link set lo up 2>/dev/null || true

# What belongs to a real machine's hardware and network, and whatever is enabled here.
units=$root/etc/systemd/system
for unit in systemd-udevd.service systemd-udev-trigger.service systemd-udevd-kernel.socket systemd-udevd-control.socket \
  systemd-sysctl.service systemd-modules-load.service systemd-remount-fs.service systemd-binfmt.service \
  systemd-random-seed.service systemd-update-utmp.service systemd-firstboot.service networking.service \
  systemd-networkd.service systemd-networkd-wait-online.service systemd-resolved.service systemd-timesyncd.service \
  tmp.mount dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
  sys-kernel-config.mount sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount; do
  rm -rf "${units:?}/$unit"
  ln -s /dev/null "$units/$unit"
done
: > "$root/etc/fstab"
printf '[Unit]\nRequires=basic.target\nAfter=basic.target\nAllowIsolate=yes\n' > "$units/sluss-test.target"
# On a machine without systemd as init this would forbid packages to start services.
rm -f "$root/usr/sbin/policy-rc.d"

cd "$root"
pivot_root . mnt/before
umount -l /mnt/before
exec env -i container=sluss-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /lib/systemd/systemd --system --unit=sluss-test.target --show-status=no --log-target=journal
