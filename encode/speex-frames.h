// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Borders of the frames in a Speex payload (RFC 5574 section 3.3: frames follow one another without padding,
// only the last is padded to a byte).
#pragma once

#include <glib.h>

// The bit after the frame (with its wideband layers) that starts at bit; 0 if none starts there.
guint es_speex_frame_end(const guint8 *payload, gsize length, guint bit);
// Copies payload from bit on, so that bit becomes the first one. Returns the number of bytes.
gsize es_speex_shift(const guint8 *payload, gsize length, guint bit, guint8 *out);
