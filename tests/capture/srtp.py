# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""A sender of SRTP by the RFCs (3711, 6188, 7714) on plain AES, HMAC and GCM: independent of the library that opens it.

    sender = Sender("AES_CM_128_HMAC_SHA1_80", seed=1)
    sender.line(tag=1)      the value of its a=crypto
    sender.protect(packet)  an RTP packet as it goes out; the rollover counter follows the sequence numbers
"""
import base64, hashlib, hmac, struct
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SUITES = {  # bytes of key, salt and tag
    "AES_CM_128_HMAC_SHA1_80": (16, 14, 10), "AES_CM_128_HMAC_SHA1_32": (16, 14, 4),
    "AES_192_CM_HMAC_SHA1_80": (24, 14, 10), "AES_192_CM_HMAC_SHA1_32": (24, 14, 4),
    "AES_256_CM_HMAC_SHA1_80": (32, 14, 10), "AES_256_CM_HMAC_SHA1_32": (32, 14, 4),
    "AEAD_AES_128_GCM": (16, 12, 16), "AEAD_AES_256_GCM": (32, 12, 16),
}


def counter_mode(key, iv, data):
    encryptor = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()
    return encryptor.update(data) + encryptor.finalize()


def derive(master_key, master_salt, label, length):
    """RFC 3711 section 4.3.1 with a key derivation rate of 0."""
    x = bytearray(master_salt.ljust(14, b"\0") + b"\0\0")
    x[7] ^= label
    return counter_mode(master_key, bytes(x), bytes(length))


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def header_length(packet):
    length = 12 + 4 * (packet[0] & 15)
    return length + 4 + 4 * struct.unpack_from(">H", packet, length + 2)[0] if packet[0] & 0x10 else length


class Sender:
    def __init__(self, suite="AES_CM_128_HMAC_SHA1_80", seed=1, mki=b"", roc=0, master=None):
        key, salt, self.tag = SUITES[suite]
        self.suite, self.mki, self.roc, self.last = suite, mki, roc, None
        self.master = master or hashlib.sha512(b"%d" % seed).digest()[:key + salt]
        master_key, master_salt = self.master[:key], self.master[key:]
        self.key = derive(master_key, master_salt, 0, key)
        self.authentication = derive(master_key, master_salt, 1, 20)
        self.salt = derive(master_key, master_salt, 2, salt)

    def line(self, tag=1, lifetime="", more=""):
        mki = f"|{int.from_bytes(self.mki, 'big')}:{len(self.mki)}" if self.mki else ""
        return f"crypto:{tag} {self.suite} inline:{base64.b64encode(self.master).decode()}{lifetime}{mki}{more}"

    def protect(self, packet):
        sequence, ssrc = struct.unpack_from(">H", packet, 2)[0], packet[8:12]
        if self.last is not None and sequence < self.last - 32768:
            self.roc += 1
        self.last = sequence
        roc, at = struct.pack(">I", self.roc), header_length(packet)
        header, payload = packet[:at], packet[at:]
        if "GCM" in self.suite:
            iv = xor(b"\0\0" + ssrc + roc + packet[2:4], self.salt)
            return header + AESGCM(self.key).encrypt(iv, payload, header) + self.mki
        iv = xor(bytes(4) + ssrc + roc + packet[2:4] + bytes(2), self.salt + b"\0\0")
        sent = header + counter_mode(self.key, iv, payload)
        return sent + self.mki + hmac.digest(self.authentication, sent + roc, "sha1")[:self.tag]
