/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing XML: libxml2's writer with a sticky failure flag, so that a document is written without a
 * check per call. libxml2 escapes; the only failure it knows here is running out of memory.
 *
 *  1. xml_init(); 2. xml_open/attr/text/close/tag/leaf; 3. xml_take() gives the text and frees.
 */
#ifndef LAB_XML_H
#define LAB_XML_H

#include <stdbool.h>
#include <libxml/xmlwriter.h>
#include <base/err.h>

struct xml {
	xmlTextWriterPtr w;
	xmlBufferPtr buffer;
	bool failed;
};

void xml_init(struct xml *x);
void xml_open(struct xml *x, const char *name);
void xml_close(struct xml *x);
void xml_attr(struct xml *x, const char *name, const char *value);
void xml_text(struct xml *x, const char *text);
/* <name>text</name> */
void xml_tag(struct xml *x, const char *name, const char *text);
/* <name a="b" .../>; attributes: name, value, ..., NULL. */
void xml_leaf(struct xml *x, const char *name, const char *const *attributes);
#define XML_LEAF(x, name, ...) xml_leaf(x, name, (const char *const[]){__VA_ARGS__, NULL})
/* Closes what is open. The caller frees the text; NULL when anything failed. */
MUST_CHECK char *xml_take(struct xml *x);

#endif
