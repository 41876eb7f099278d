/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipwayd's public API as the lab uses it, over the local admin socket. Every call is one request;
 * answers are plain JSON documents that view.h reads. Nothing else of the server is known here.
 */
#ifndef LAB_API_H
#define LAB_API_H

#include <jansson.h>
#include <base/cleanup.h>
#include <base/err.h>

struct api;

MUST_CHECK int api_new(const char *socket_path, struct api **ret, struct err *err);
void api_free(struct api *a);
DEFINE_AUTO(api, struct api, api_free);

/* Import a signed archive. blocks: seconds for hundreds of megabytes. */
MUST_CHECK int api_post_image(struct api *a, const char *path, struct err *err);

/* body: taken over. errors: ERR_HTTP, and what the server's answer names */
MUST_CHECK int api_post(struct api *a, const char *path, json_t *body, struct err *err);

/* owns: *ret is the caller's (json_decref); NULL, without an error, when there is no such thing. */
MUST_CHECK int api_get(struct api *a, const char *path, json_t **ret, struct err *err);

#endif
