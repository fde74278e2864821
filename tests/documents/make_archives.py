#!/usr/bin/python3
"""Makes the archives of this folder. Run by hand when one is added; the tests only read the results.

Made with 7-Zip 16.02, GNU tar 1.34, bzip2 1.0.8, xz 5.4 and zstd 1.5 of Debian 12. Each holds a letter and a list
with the synthetic identity number 01819012365 once each; the password of locked ones is `hemmelig`.
"""

import pathlib
import subprocess
import tempfile

from fixture import HERE, NUMBER

LETTER = f"Vedtak for {NUMBER}: søknaden er innvilget.\n"
LIST = f"navn;fnr\nOla Prøve;{NUMBER}\n"


def run(*command, folder):
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "sak").mkdir()
        (folder / "sak/vedtak.txt").write_text(LETTER, encoding="utf-8")
        (folder / "sak/liste.csv").write_text(LIST, encoding="utf-8")
        for name, options in {
            "lzma2.7z": [], "ppmd.7z": ["-m0=ppmd"], "bzip2.7z": ["-m0=bzip2"], "stored.7z": ["-mx=0"],
            "locked.7z": ["-phemmelig"], "locked-list.7z": ["-phemmelig", "-mhe=on"],
            "deflate64.zip": ["-tzip", "-mm=deflate64"], "bzip2.zip": ["-tzip", "-mm=bzip2"],
            "lzma.zip": ["-tzip", "-mm=lzma"], "locked.zip": ["-tzip", "-phemmelig"],
            "locked-aes.zip": ["-tzip", "-phemmelig", "-mem=AES256"],
        }.items():
            run("7z", "a", "-bd", *options, name, "sak", folder=folder)
        for name, form in {"gnu.tar": "gnu", "pax.tar": "posix", "v7.tar": "v7"}.items():
            run("tar", f"--format={form}", "--owner=kari", "--group=sosial", "-cf", name, "sak", folder=folder)
        for program, name in {"gzip": "gnu.tar.gz", "bzip2": "gnu.tar.bz2", "xz": "gnu.tar.xz", "zstd": "gnu.tar.zst"}.items():
            packed = subprocess.run([program, "-c", "gnu.tar"], cwd=folder, check=True, stdout=subprocess.PIPE).stdout
            (folder / name).write_bytes(packed)
        for pattern in ("*.7z", "*.zip", "*.tar", "*.tar.*"):
            for made in folder.glob(pattern):
                (HERE / made.name).write_bytes(made.read_bytes())


if __name__ == "__main__":
    main()
