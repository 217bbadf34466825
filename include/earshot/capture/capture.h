// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The recorder: packets in, calls in the library out. The only header of capture/ that service/ needs.
//
// A call is: dialog → legs → streams → EsRecording → <library>/recordings → row in the index. Every INVITE
// that was seen ends as a row: calls seen = rows.
#pragma once

#include "earshot/common/config.h"
#include "earshot/common/log-event.h"
#include "earshot/index/index.h"

typedef struct {
  guint64 packets, bytes;
  guint64 sip, rtp, rtcp, other, bad; // datagrams by kind
  guint64 sip_tcp;                    // of sip: messages over TCP and WebSocket
  guint64 tcp_lost_bytes;             // of connections that carry SIP: never seen
  guint64 fragments;                  // IP fragments of datagrams of which a part was missing
  guint64 undecoded_link;             // packets cut or of other protocols
  guint64 copies;                     // of packets that another mirror point showed; in no other figure
  guint64 stray_streams;              // voices that belonged to no call that was seen, not recorded
  guint64 calls_open;
  guint64 calls_recorded, calls_partial, calls_none; // finished, by outcome
  guint64 calls_skipped;                             // already in the index
  guint64 calls_repaired;                            // left by a killed run
  guint64 calls_left;                                // by one, in its journal, and not yet repaired
  guint64 done_bytes, total_bytes;                   // of the input, for progress; total 0 = unknown
  gint64 capture_us; // where the capture's clock stands; ES_UNKNOWN before the first packet

  // Live alone; 0 or ES_UNKNOWN otherwise.
  guint64 dropped;       // packets that the kernel or the interface dropped since the start
  guint64 ring_bytes;    // size of the kernel's ring; 0 when not known
  double ring_fill;      // part of it that waited when last looked, 0 to 1; NAN when not known
  gint64 last_packet_us; // wall clock; ES_UNKNOWN before the first
  gint64 last_call_us;   // end of the call that was finished last; ES_UNKNOWN before the first
  guint64 reloads;       // of the configuration
  // Of the threads that encode.
  gint64 complexity, least_complexity; // lowest of all threads: now, and so far; ES_UNKNOWN before any packet
  guint64 encoded_packets, encoded_complexities; // of audio so far; sum of the complexities that each found
  double encode_load; // share of the time at work, of the busiest thread, 0 to 1; NAN when not known
  // Of the journal (earshot/journal/journal.h).
  guint64 journal_bytes, journal_live_bytes; // on disk, and of these what open calls need
  guint64 journal_waiting_bytes;             // in memory, not written yet
  guint64 journal_refused;                   // records for which there was no memory
  gint64 journal_behind_ms;                  // age of what is not flushed yet
  gint64 flush_slowest_ms;                   // longest flush within the last minute
  guint64 calls_waiting;                     // rows that an index which cannot be written keeps waiting
  int journal_errno;                         // of the last write or flush; 0 when it worked
  // Of what cannot be done in time.
  guint64 deferred_calls, backlog_bytes;    // calls that are encoded out of the journal; what of it waits
  gboolean encode_later;                    // that is as it was wished
  gint64 behind_ms;                         // how long ago what is encoded now arrived
  guint64 calls_shed, calls_unrecorded;     // for overload: ended with their audio, and begun without
  const char *overload;                     // what has run out, static; NULL: nothing
  gboolean no_descriptors;                  // for new sessions and files of open calls
  guint64 memory_bytes, memory_limit_bytes; // 0 when not known
  guint64 journal_limit_bytes;              // bound of the journal
  // Of the calls finished in this run.
  guint64 lost, late, filled_ms; // RTP packets of their legs; milliseconds written as silence
  guint64 calls_one_way;         // answered, media of one side alone
  guint64 calls_answered;
  guint64 recorded_bytes; // written to recordings
  gboolean finishing;     // another recorder takes what begins; this one ends with its last call
  // Of the recording server.
  guint64 sessions_open, sessions; // recording sessions: open, and opened since the start
  guint64 sessions_refused;        // INVITEs that did not get in
  guint64 sessions_limited;        // of these, because there were too many
  guint64 foreign;                 // packets at media ports from others than the client; ignored
} EsCaptureStats;

typedef struct {
  // Called about ten times a second of wall time and once at the end.
  void (*progress)(const EsCaptureStats *stats, gpointer user_data);
  // One finished call, after its row is committed.
  void (*finished)(const EsCall *call, gpointer user_data);
  // Something a person should know: a truncated capture, packets of unread kinds.
  void (*warning)(const char *message, gpointer user_data);
  gpointer user_data;
  // The same for what has a name among the events of the log; NULL: they are warnings.
  void (*event)(EsLogEvent event, const char *message, gpointer user_data);
} EsCaptureSink;

typedef struct {
  const char *library;
  const EsConfig *config;    // earshot.conf: [record], [mapping], [consent], [prompt NAME]
  const char *const *files;  // NULL-terminated; "-" is standard input; NULL for what is live
  const char *interface;     // live: its name ("eth1", "any"); NULL for files
  const char *const *siprec; // NULL-terminated; where to listen as a recording server: "udp:192.0.2.1:5060";
                             // alone or beside an interface; NULL for none
  const char *filter;        // live and files: BPF expression of pcap-filter(7); NULL for none
  gboolean again;            // record calls that are already in the index a second time
  gint *reload; // live: set to non-zero (atomically) to read earshot.conf again: rules of mapping and consent
                // hold for what comes after, a wrong file changes nothing and warns; may be NULL
  // Live: another recorder may take the place of this one: connections from it (service/control.h) come out
  // of this pipe, as ints. NULL for none.
  const int *successors;
  // Live: connections to recorders whose place this one takes, and which it owns from then on.
  const int *predecessors;
  guint n_predecessors;
  const gint *stop; // set to non-zero (atomically) to finish open calls as partial: stopped; may be NULL
} EsCaptureOptions;

// Recovers what a killed run left in the spool, then reads the files in order. FALSE when a file could not be
// read (the calls until there are kept) or the library cannot be written. stats may be NULL.
gboolean es_capture_run(const EsCaptureOptions *options, EsIndex *index, const EsCaptureSink *sink,
                        EsCaptureStats *stats, GError **error);

// What earshot.conf makes a live recorder ask of the machine.
typedef struct {
  guint64 reserve_bytes; // stays free on the disk: with less left, no call is recorded
  guint64 journal_bytes; // what the journal may take there
  guint64 files;         // open at once, when all calls and recording sessions are that may be
  guint encoders;        // threads
} EsCaptureNeeds;

gboolean es_capture_needs(const EsConfig *config, guint64 disk_bytes, guint64 free_bytes,
                          EsCaptureNeeds *needs, GError **error);

// Checks every key that capture reads from earshot.conf; the error names file, line, group and key.
gboolean es_capture_check_config(const EsConfig *config, GError **error);
