#!/usr/bin/env python3
"""Opens a customer's data key without Holdfast: open_key.py RECOVERY.txt RECORD.json [GENERATION] > KEY.hex

RECOVERY.txt is the recovery file, or root.key; RECORD.json is <tenant id>.json of the keystore or of a replica of it.
GENERATION is the number of a former data key, where the backup is older than the last change of the key.
Needs Python 3 and python3-cryptography (Debian). The format is specified in keys.md.
"""
import base64
import json
import re
import sys
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def root_key(path):
    with open(path) as file:
        line = re.search(r"^holdfast-root-key-1:(\S+)$", file.read(), re.MULTILINE)
    if line is None:
        raise ValueError(f"{path} holds no root key")
    return base64.b64decode(line.group(1))


def data_key(root, record, wanted):
    current = record.get("generation", 1)
    keys = {each["generation"]: each["dataKey"] for each in record.get("former", [])}
    if "dataKey" in record:
        keys[current] = record["dataKey"]
    generation = current if wanted is None else wanted
    if generation not in keys:
        raise ValueError(f"there is no data key {generation}: there are {sorted(keys)}")
    name = "dataKey" if generation == 1 else f"dataKey {generation}"
    sealed = base64.b64decode(keys[generation])
    return AESGCM(root).decrypt(sealed[:12], sealed[12:], f"holdfast {name} of {record['tenantId']}".encode())


def main(recovery_file, record_file, generation=None):
    with open(record_file) as file:
        record = json.load(file)
    print(data_key(root_key(recovery_file), record, generation and int(generation)).hex())


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except InvalidTag:
        sys.exit("the record was changed, or is under another root key")
    except ValueError as error:
        sys.exit(str(error))
