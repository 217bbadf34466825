// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// Macros of GLib that cppcheck's own description of it lacks (tools/analyse). Nothing is compiled with this.
#pragma once

#define G_GNUC_PRINTF(format, arguments)
#define G_GNUC_UNUSED
#define G_DEFINE_QUARK(name, prefix) GQuark prefix##_quark(void);
#define G_DEFINE_AUTOPTR_CLEANUP_FUNC(type, function)
