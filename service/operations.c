// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// The table of operations. Each entry lies in its family's file, op-<family>.c.
#include "operation.h"

// One a line, so that two additions do not meet.
// clang-format off
static const EsOperationInfo *const operations[] = {
    &es_op_library_init.info,
    &es_op_library_doctor.info,
    &es_op_library_traffic.info,
    &es_op_library_status.info,
    &es_op_library_check.info,
    &es_op_library_verify.info,
    &es_op_record_pcap.info,
    &es_op_record_live.info,
    &es_op_import_files.info,
    &es_op_import_transcript.info,
    &es_op_call_search.info,
    &es_op_call_show.info,
    &es_op_call_audio.info,
    &es_op_call_render.info,
    &es_op_call_mapping.info,
    &es_op_call_note.info,
    &es_op_call_tag.info,
    &es_op_call_transcript.info,
    &es_op_search_save.info,
    &es_op_search_list.info,
    &es_op_search_forget.info,
    &es_op_consent_add.info,
    &es_op_consent_list.info,
    &es_op_rubric_list.info,
    &es_op_rubric_show.info,
    &es_op_rubric_check.info,
    &es_op_rubric_add.info,
    &es_op_rubric_draft.info,
    &es_op_rubric_form.info,
    &es_op_evaluation_add.info,
    &es_op_evaluation_list.info,
    &es_op_evaluation_draft_save.info,
    &es_op_evaluation_draft_get.info,
    &es_op_evaluation_draft_drop.info,
    &es_op_worklist_plan.info,
    &es_op_worklist_list.info,
    &es_op_worklist_next.info,
    &es_op_worklist_skip.info,
    &es_op_flag_add.info,
    &es_op_flag_remove.info,
    &es_op_export_pack.info,
    &es_op_agent_add.info,
    &es_op_agent_end.info,
    &es_op_agent_import.info,
    &es_op_agent_list.info,
    &es_op_agent_unknown.info,
    &es_op_agent_remap.info,
    &es_op_client_add.info,
    &es_op_client_list.info,
    &es_op_call_correct.info,
    &es_op_audit_list.info,
    &es_op_import_queue_log.info,
    &es_op_import_cdr.info,
    &es_op_library_reconcile.info,
    &es_op_agent_sessions.info,
    NULL,
};
// clang-format on

const EsOperationInfo *const *es_service_operations(void) {
  return operations;
}

const EsOperation *es_operation_find(const char *name) {
  for (guint i = 0; operations[i]; i++)
    if (g_strcmp0(operations[i]->name, name) == 0)
      return (const EsOperation *)operations[i]; // info is the first member
  return NULL;
}
