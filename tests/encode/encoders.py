# SPDX-FileCopyrightText: The Earshot authors
# SPDX-License-Identifier: Apache-2.0
"""Speech codecs that other people wrote, called as libraries: what our decoders are held against."""
import ctypes

import numpy as np

SPANDSP = ctypes.CDLL("libspandsp.so.2")
AMR_NB = ctypes.CDLL("libopencore-amrnb.so.0")
AMR_WB = ctypes.CDLL("libvo-amrwbenc.so.0")
G729 = ctypes.CDLL("libbcg729.so.0")
for _function in (SPANDSP.g726_init, SPANDSP.ima_adpcm_init, AMR_NB.Encoder_Interface_init, AMR_WB.E_IF_init,
                  G729.initBcg729EncoderChannel):
    _function.restype = ctypes.c_void_p
NB_MODES = [12, 13, 15, 17, 19, 20, 26, 31]  # bytes of a frame without its header
WB_MODES = [17, 23, 32, 36, 40, 46, 50, 58, 60]


def _words(samples):
    return (ctypes.c_int16 * len(samples))(*np.asarray(samples, "<i2").tolist())


def frames(samples, size):
    return [samples[i:i + size] for i in range(0, len(samples) - size + 1, size)]


def g726(samples, bits, little_endian):
    """Code words of 2-5 bits, packed from the right (RFC 3551) or the left (I.366.2) of each byte."""
    state = ctypes.c_void_p(SPANDSP.g726_init(None, bits * 8000, 0, 2 if little_endian else 1))
    out = (ctypes.c_uint8 * len(samples))()
    n = SPANDSP.g726_encode(state, out, _words(samples), len(samples))
    return bytes(out[:n])


def g726_decoded(data, bits, little_endian):
    state = ctypes.c_void_p(SPANDSP.g726_init(None, bits * 8000, 0, 2 if little_endian else 1))
    out = (ctypes.c_int16 * (len(data) * 8 // bits + 8))()
    n = SPANDSP.g726_decode(state, out, data, len(data))
    return np.array(out[:n], float)


def dvi4(samples, size):
    """Payloads of size samples with their header (RFC 3551 section 4.5.1)."""
    state = ctypes.c_void_p(SPANDSP.ima_adpcm_init(None, 1, 0))
    payloads = []
    for part in frames(samples, size):
        out = (ctypes.c_uint8 * (size + 8))()
        payloads.append(bytes(out[:SPANDSP.ima_adpcm_encode(state, out, _words(part), size)]))
    return payloads


def amr(samples, mode, dtx=False):
    """AMR frames in storage format: a byte of header, then speech."""
    state = ctypes.c_void_p(AMR_NB.Encoder_Interface_init(int(dtx)))
    out, result = (ctypes.c_uint8 * 64)(), []
    for part in frames(samples, 160):
        result.append(bytes(out[:AMR_NB.Encoder_Interface_Encode(state, mode, _words(part), out, 0)]))
    AMR_NB.Encoder_Interface_exit(state)
    return result


def amr_wb(samples, mode, dtx=False):
    state = ctypes.c_void_p(AMR_WB.E_IF_init())
    out, result = (ctypes.c_uint8 * 128)(), []
    for part in frames(samples, 320):
        result.append(bytes(out[:AMR_WB.E_IF_encode(state, mode, _words(part), out, int(dtx))]))
    AMR_WB.E_IF_exit(state)
    return result


def g729(samples, annex_b=False):
    """A list of frames: 10 bytes of speech, 2 of silence, 0 where nothing is sent."""
    state = ctypes.c_void_p(G729.initBcg729EncoderChannel(int(annex_b)))
    out, length, result = (ctypes.c_uint8 * 16)(), ctypes.c_uint8(), []
    for part in frames(samples, 80):
        G729.bcg729Encoder(state, _words(part), out, ctypes.byref(length))
        result.append(bytes(out[:length.value]))
    G729.closeBcg729EncoderChannel(state)
    return result
