/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thin layer over libxml2's xmlTextWriter. Pure; input is the lab's own.
 */
#include "xml.h"

#include <base/str.h>

static const xmlChar *u8(const char *text)
{
	return (const xmlChar *)text;
}

void xml_init(struct xml *x)
{
	x->buffer = xmlBufferCreate();
	x->w = x->buffer ? xmlNewTextWriterMemory(x->buffer, 0) : NULL;
	x->failed = !x->w || xmlTextWriterSetIndent(x->w, 1) < 0;
}

void xml_open(struct xml *x, const char *name)
{
	x->failed = x->failed || xmlTextWriterStartElement(x->w, u8(name)) < 0;
}

void xml_close(struct xml *x)
{
	x->failed = x->failed || xmlTextWriterEndElement(x->w) < 0;
}

void xml_attr(struct xml *x, const char *name, const char *value)
{
	x->failed = x->failed || xmlTextWriterWriteAttribute(x->w, u8(name), u8(value)) < 0;
}

void xml_text(struct xml *x, const char *text)
{
	x->failed = x->failed || xmlTextWriterWriteString(x->w, u8(text)) < 0;
}

void xml_tag(struct xml *x, const char *name, const char *text)
{
	xml_open(x, name);
	xml_text(x, text);
	xml_close(x);
}

void xml_leaf(struct xml *x, const char *name, const char *const *attributes)
{
	xml_open(x, name);
	for (; *attributes; attributes += 2)
		xml_attr(x, attributes[0], attributes[1]);
	xml_close(x);
}

char *xml_take(struct xml *x)
{
	char *text = NULL;

	x->failed = x->failed || xmlTextWriterEndDocument(x->w) < 0;
	if (x->w)
		xmlFreeTextWriter(x->w); /* flushes into the buffer */
	if (!x->failed)
		text = xstrdup((const char *)xmlBufferContent(x->buffer));
	if (x->buffer)
		xmlBufferFree(x->buffer);
	*x = (struct xml){.failed = true};
	return text;
}
