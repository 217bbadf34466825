// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

// The name of an account of this machine; NULL if it has none. Caller frees. Any thread.
char *es_account_name(uid_t account);
