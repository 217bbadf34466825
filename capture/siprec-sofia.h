// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The transaction layer of sofia-sip, and whom it calls back. Nothing above it is used: bodies are ours to
// read (docs/decisions/0056).
#pragma once

#define NTA_AGENT_MAGIC_T struct EsSiprecListener
#define NTA_LEG_MAGIC_T struct EsSiprecDialog
#define NTA_INCOMING_MAGIC_T struct EsSiprecDialog
#define NTA_OUTGOING_MAGIC_T struct EsSiprecDialog
#define SU_ROOT_MAGIC_T void

#include <sofia-sip/hostdomain.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nta.h>
#include <sofia-sip/nta_stateless.h>
#include <sofia-sip/nta_tport.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/sip_util.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_wait.h>
#include <sofia-sip/tport.h>
#include <sofia-sip/tport_tag.h>
