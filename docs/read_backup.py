#!/usr/bin/env python3
"""Decrypts a Holdfast backup without Holdfast: read_backup.py KEY.hex BACKUP.hfb > BACKUP.tar.zst

Needs Python 3 and python3-cryptography (Debian). The format is specified in backup-format.md.
Exits with 1 at the first damage; what was written until then must not be used.
"""
import sys
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PIECE = 65536 + 16


def derive(key, salt, info):
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info.encode()).derive(key)


def backup_key(data_key, header):
    if header[:8] != b"HFBACK\x00\x01":
        raise ValueError("not a backup of format 1")
    wrapping = AESGCM(derive(data_key, b"", "holdfast/backup-wrap.v1"))
    return wrapping.decrypt(header[40:52], header[52:100], header[:40])


def open_stream(key, source):
    header = source.read(40)
    if header[:8] != b"HFSEAL\x00\x01" or len(header) != 40:
        raise ValueError("not a sealed stream of version 1")
    pieces = AESGCM(derive(key, header[8:], "holdfast/sealed-stream.v1"))
    number, piece = 0, source.read(PIECE)
    while True:
        following = source.read(PIECE)
        last = following == b""
        if last and number > 0 and len(piece) <= 16:
            raise ValueError("the last piece is empty")
        nonce = number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")
        yield pieces.decrypt(nonce, piece, None)
        if last:
            return
        number, piece = number + 1, following


def main(key_file, backup_file):
    with open(key_file) as file:
        data_key = bytes.fromhex(file.read().strip())
    with open(backup_file, "rb") as source:
        for content in open_stream(backup_key(data_key, source.read(100)), source):
            sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except (InvalidTag, ValueError) as error:
        sys.exit(f"damaged, or another key: {error or 'a piece does not open'}")
