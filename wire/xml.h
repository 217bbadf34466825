// SPDX-FileCopyrightText: The Earshot authors
// SPDX-License-Identifier: Apache-2.0
//
// A small XML document as a tree, from bytes that anybody may have sent. GMarkup reads it; entities other
// than the five of XML and document types are refused, and depth, elements, attributes and texts are bounded,
// so that a document costs in the order of its own length.
#pragma once

#include <glib.h>

#define ES_XML_MAX_BYTES (256 * 1024)

typedef struct EsXml EsXml;
struct EsXml {
  char *name;            // local: without prefix
  char *text;            // its own, cleaned, white space as single spaces, none at the ends; never NULL
  GPtrArray *attributes; // of char *: local name, value, local name, value, ...; declarations left out
  GPtrArray *children;   // of EsXml
};

// The root. *truncated tells that there was more than the bounds allow; the rest was ignored. NULL with
// ES_ERROR_INVALID for what is not well formed.
EsXml *es_xml_parse(const guint8 *text, gsize length, gboolean *truncated, GError **error);
void es_xml_free(EsXml *element);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EsXml, es_xml_free)

// Without case, like every name here: NULL if there is none.
gboolean es_xml_is(const EsXml *element, const char *name);
const char *es_xml_attribute(const EsXml *element, const char *name);
const EsXml *es_xml_child(const EsXml *element, const char *name);
