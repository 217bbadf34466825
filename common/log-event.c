// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
#include "earshot/common/log-event.h"
#include "earshot/common/i18n.h"

// Of syslog.
enum { CRITICAL = 2, FAILURE = 3, WARNING = 4, NOTICE = 5, INFO = 6 };

// Names and ids are a promise to whoever looks for them: they never change, and docs/logs.md has all of them.
static const EsLogEventInfo infos[ES_LOG_EVENTS] = {
    [ES_LOG_STARTED] = {"started", INFO, "39238e4de7cd4c2aa03abc2f7378988f", NULL},
    [ES_LOG_STOPPED] = {"stopped", INFO, "5f0e2f95afdc4c6dbdf3cdba809af3b1", NULL},
    [ES_LOG_FAILED] = {"failed", FAILURE, "53ed587889154e36826e58af4dacf116",
                       N_("look at the message, put it right and start the recorder again; earshot doctor "
                          "names what is in the way")},
    [ES_LOG_RELOADED] = {"reloaded", INFO, "5edd5f472a0143639980a944577fa9c9", NULL},
    [ES_LOG_RELOAD_FAILED] = {"reload-failed", WARNING, "05469b9616944fa78d92b97050c645aa",
                              N_("put that line of earshot.conf right and send SIGHUP again")},
    [ES_LOG_REPAIRED] = {"repaired", NOTICE, "13dfcdef9eea40a7bf3d3bc3ceea390b",
                         N_("find out who killed the recorder before, or why the machine stopped")},
    [ES_LOG_PACKETS_DROPPED] = {"packets-dropped", WARNING, "eeeab652d5634a588c75a2cbf34811bf",
                                N_("give it a larger ring, a narrower filter or a faster machine")},
    [ES_LOG_SIP_LOST] = {"sip-lost", WARNING, "08d6b729847a499489b2f74a79cccfc5",
                         N_("look at the mirror port: it drops or cuts packets of the signalling")},
    [ES_LOG_FRAGMENTS] =
        {"fragments-unread", WARNING, "9fdb0b5645fb4d3f830c5a6ba873f992",
         N_("look at the mirror port, and at the MTU of the network: it shows parts of datagrams only")},
    [ES_LOG_LINK_UNREAD] = {"link-unread", WARNING, "fbd6fca18d0044279f45beccf5aae775",
                            N_("earshot doctor --listen names what is not read")},
    [ES_LOG_STREAMS_STRAY] = {"streams-stray", WARNING, "3fe5f93e1bde457680f33536436dcc8f",
                              N_("mirror the signalling of these calls, too")},
    [ES_LOG_CLOCK_SET] = {"clock-set", WARNING, "117fdcd9b17141c295781559129be096",
                          N_("keep the clock with an NTP service that slews it")},
    [ES_LOG_CALL_INCOMPLETE] =
        {"call-incomplete", NOTICE, "2452f9b0ef37470692e8a76f91634d19",
         N_("earshot show tells where audio is missing; look at the network if it happens often")},
    [ES_LOG_CALLS_INCOMPLETE] = {"calls-incomplete", NOTICE, "d2e85ed19b7345339020e17c5066352f",
                                 N_("earshot search --missing-audio lists them")},
    [ES_LOG_CALL_LOST] = {"call-lost", FAILURE, "e5bf91ec0d634199b8edae6ef8756718",
                          N_("earshot status tells what has run out; is the disk full, slow or broken?")},
    [ES_LOG_SESSIONS_REFUSED] = {"sessions-refused", WARNING, "a0ee33cf7ddf4f7aace2b9a699be8039",
                                 N_("raise the limits of [siprec], or look at who calls")},
    [ES_LOG_JOURNAL_FAILING] =
        {"journal-failing", CRITICAL, "49842180e8b84c3d9b22415a6e93a591",
         N_("look at the disk at once: what comes in can be kept in memory for a while only")},
    [ES_LOG_JOURNAL_WORKS] = {"journal-works", NOTICE, "4f388c485e4c4048ac4c51acb9683de0", NULL},
    [ES_LOG_JOURNAL_FULL] = {"journal-full", CRITICAL, "99aa292e66c7402ebf2600c937b358e3",
                             N_("look at the disk at once: audio of open calls is being lost")},
    [ES_LOG_JOURNAL_UNREADABLE] = {"journal-unreadable", FAILURE, "a607e955631646668629419318cc5287",
                                   N_("look at the disk: what it keeps does not come back as it was")},
    [ES_LOG_FILE_UNFLUSHED] = {"file-unflushed", FAILURE, "b2426d0a1fdb476fbe4a4caa52d6b7bb",
                               N_("look at the disk: is it full, slow or broken")},
    [ES_LOG_UNWRITTEN] = {"unwritten", FAILURE, "3f9aa337181444b387aee38db8cb97e4",
                          N_("look at the disk: is it full, slow or broken")},
    [ES_LOG_INDEX_FAILING] = {"index-failing", FAILURE, "9e6b8c2ed0bf4382a420bbf34bda7fc9",
                              N_("look at index.sqlite and its disk: is it locked by another program, full, "
                                 "damaged, or not the recorder's to write? Calls go on being recorded")},
    [ES_LOG_INDEX_WORKS] = {"index-works", NOTICE, "341a28bac2d34ce4a12547b519128cfa", NULL},
    [ES_LOG_REFUSED] = {"row-refused", FAILURE, "84716e8407554c59af4e8ebcb405337a",
                        N_("put right what the message names, bring the call in with earshot import "
                           "--metadata and that file, and remove the two files then")},
    [ES_LOG_EFFORT_LEAST] = {"effort-least", NOTICE, "c8af65ae9b0e4b7086f13697c66fb36a",
                             N_("a faster machine, or a second one, makes recordings sound better again")},
    [ES_LOG_DEFERRED] = {"deferred", WARNING, "4cad0232720a41b7816981523377defc",
                         N_("give it a faster machine, or fewer calls")},
    [ES_LOG_CAUGHT_UP] = {"caught-up", WARNING, "bd6f16566d6a469e81db01d3721fff75", NULL},
    [ES_LOG_OVERLOAD] = {"overload", FAILURE, "424f3cb65b58406bac4e6fd2ce5de684",
                         N_("give it more of what has run out, or fewer calls")},
    [ES_LOG_OVERLOAD_OVER] = {"overload-over", WARNING, "96cf3f0a1ba14a5883f6a3362802a37d", NULL},
    [ES_LOG_DESCRIPTORS_SHORT] = {"descriptors-short", WARNING, "d25b5aa5b72f4cb591a434c1df20b6d4",
                                  N_("raise the limit of open files (ulimit -Hn, LimitNOFILE of the unit), "
                                     "or look at what has so many open")},
    [ES_LOG_DESCRIPTORS_FREE] = {"descriptors-free", NOTICE, "8943055d57fb4ef699201df4c200e316", NULL},
    [ES_LOG_UNFINISHED] =
        {"unfinished", WARNING, "b8c8c6662e314c0dbdeb1bb5be480692",
         N_("keep spool/: nothing is lost. Start a recorder on this library, which finishes "
            "them; if it cannot, it says what to put right")},
    [ES_LOG_CONTROL_FAILED] = {"control-failed", WARNING, "ad5267cf7fc84abf802a25d317f8d661",
                               N_("status cannot ask this recorder; look at who owns the spool")},
    [ES_LOG_ALERT_FAILED] = {"alert-failed", WARNING, "cfc5e1be5b634cfcb17038b3e9990042",
                             N_("look at the program that [alert] command names")},
    [ES_LOG_PREDECESSOR] = {"predecessor-ended", WARNING, "4e8c95ea652a4a518e9831abac6add30",
                            N_("find out who ended it: its calls are cut off")},
    [ES_LOG_OTHER] = {"other", WARNING, "7d4a599c1b9b40d99bdcfddc0d6c3485", NULL},
};

const EsLogEventInfo *es_log_event_info(EsLogEvent event) {
  return &infos[event];
}
