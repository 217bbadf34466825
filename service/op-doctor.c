// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// library.doctor: what could go wrong, looked at before the first call.
#include "doctor.h"
#include "earshot/common/i18n.h"
#include "json.h"

void es_doctor_say(const EsRequest *request, const char *check, EsDoctorState state, const char *advice,
                   const char *format, ...) {
  static const char *const states[] = {"ok", "warning", "failure"};
  va_list args;
  va_start(args, format);
  g_autofree char *message = g_strdup_vprintf(format, args);
  va_end(args);
  JsonObject *row = json_object_new();
  es_json_set_text(row, "check", check);
  es_json_set_text(row, "state", states[state]);
  es_json_set_text(row, "message", message);
  es_json_set_text(row, "advice", advice);
  es_request_row(request, row);
}

static gboolean run_doctor(EsRequest *request, GError **error) {
  es_doctor_library(request);
  es_doctor_settings(request);
  es_doctor_index(request);
  es_doctor_disk(request);
  es_doctor_load(request);
  es_doctor_machine(request);
  return TRUE;
}

const EsOperation es_op_library_doctor = {
    .info = {"library.doctor", ES_PERMISSION_LISTEN, FALSE,
             N_("look at what could go wrong before the first call"), NULL},
    .need = ES_STORE_IF_WHOLE,
    .run = run_doctor,
};
